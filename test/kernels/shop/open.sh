#!/bin/sh
# Opens a shop on a machine: an image "shop", a network of containers, and a service of systemd that asks. $1 a
# directory with this, asker.sh, live.c, and what that includes.
set -eu
cd "$1"
mkdir -p image/usr/bin client service
ln -s usr/bin image/bin
cc -static -O2 -o image/usr/bin/live live.c
install asker.sh image/usr/bin/asker
install /bin/busybox image/usr/bin/
/bin/busybox --install -s image/usr/bin
tar -C image -c . | podman import --quiet - shop
podman network create --subnet 10.89.7.0/24 shop
mkfifo client/to client/answer service/to service/answer
install image/usr/bin/live image/usr/bin/asker /usr/bin
systemd-run --unit shop asker "$1/service"
