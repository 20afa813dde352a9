import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URL;
import java.security.MessageDigest;
import java.util.HexFormat;

/** Fetches URLs over connections that are kept alive, and prints the hash of each answer. */
public class Fetch {
  public static void main(String[] urls) throws Exception {
    for (String url : urls) {
      HttpURLConnection connection = (HttpURLConnection) new URL(url).openConnection();
      MessageDigest hash = MessageDigest.getInstance("SHA-256");
      byte[] part = new byte[65536];
      try (InputStream input = connection.getInputStream()) {
        // It asks how much is available before it reads.
        for (int n; (n = input.read(part, 0, Math.max(1, Math.min(part.length, input.available())))) > 0;)
          hash.update(part, 0, n);
      }
      System.out.println(HexFormat.of().formatHex(hash.digest()));
    }
  }
}
