// The steps with the AWS SDK for Java. What it prints is read by run.py.

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;

public class Client {
  static void step(String name, Callable<Object> act) {
    try {
      act.call();
      System.out.println("ok " + name);
    } catch (Exception error) {
      System.out.println("FAILED " + name + ": " + error.toString().replace('\n', ' '));
    }
  }

  static Object check(boolean holds, String what) {
    if (!holds) throw new IllegalStateException(what);
    return null;
  }

  public static void main(String[] args) throws Exception {
    String bucket = System.getenv("CLIENT_BUCKET"), prefix = System.getenv("CLIENT_PREFIX");
    byte[] small = Files.readAllBytes(Path.of(System.getenv("CLIENT_SMALL")));
    byte[] large = Files.readAllBytes(Path.of(System.getenv("CLIENT_LARGE")));
    boolean path = System.getenv("CLIENT_STYLE").equals("path");
    S3Client s3 = S3Client.builder().forcePathStyle(path).build();
    Callable<List<String>> keys =
        () -> s3.listObjectsV2(r -> r.bucket(bucket).prefix(prefix)).contents().stream().map(o -> o.key()).toList();

    step("upload", () -> s3.putObject(r -> r.bucket(bucket).key(prefix + "small"), RequestBody.fromBytes(small)));
    step("parts", () -> {
      String key = prefix + "large";
      String id = s3.createMultipartUpload(r -> r.bucket(bucket).key(key)).uploadId();
      List<CompletedPart> parts = new ArrayList<>();
      int size = 5 << 20;
      for (int start = 0; start < large.length; start += size) {
        byte[] piece = Arrays.copyOfRange(large, start, Math.min(start + size, large.length));
        int number = parts.size() + 1;
        var sent = s3.uploadPart(
            r -> r.bucket(bucket).key(key).uploadId(id).partNumber(number), RequestBody.fromBytes(piece));
        parts.add(CompletedPart.builder().partNumber(number).eTag(sent.eTag()).checksumCRC32(sent.checksumCRC32()).build());
      }
      s3.completeMultipartUpload(
          r -> r.bucket(bucket).key(key).uploadId(id).multipartUpload(m -> m.parts(parts)));
      byte[] back = s3.getObjectAsBytes(r -> r.bucket(bucket).key(key)).asByteArray();
      return check(Arrays.equals(back, large), "another content came back");
    });
    step("list", () -> check(
        keys.call().containsAll(List.of(prefix + "small", prefix + "large")), "not listed: " + keys.call()));
    step("range", () -> {
      byte[] part = s3.getObjectAsBytes(r -> r.bucket(bucket).key(prefix + "small").range("bytes=7-12")).asByteArray();
      return check(Arrays.equals(part, Arrays.copyOfRange(small, 7, 13)), "another range");
    });
    step("copy", () -> s3.copyObject(r -> r.sourceBucket(bucket).sourceKey(prefix + "small")
        .destinationBucket(bucket).destinationKey(prefix + "copied")));
    step("delete", () -> {
      s3.deleteObject(r -> r.bucket(bucket).key(prefix + "copied"));
      return check(!keys.call().contains(prefix + "copied"), "it is still there");
    });
    var style = S3Configuration.builder().pathStyleAccessEnabled(path).build();
    try (S3Presigner presigner = S3Presigner.builder().serviceConfiguration(style).build()) {
      var signed = presigner.presignGetObject(p -> p.signatureDuration(Duration.ofMinutes(5))
          .getObjectRequest(r -> r.bucket(bucket).key(prefix + "small")));
      System.out.println("url " + signed.url());
    }
  }
}
