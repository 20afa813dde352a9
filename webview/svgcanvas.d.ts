declare module 'svgcanvas' {
  /** The part of a canvas' 2D context that charts use, written down as SVG. */
  export class Context {
    constructor(width: number, height: number);
    getSvg(): SVGSVGElement;
  }
}
