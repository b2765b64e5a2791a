package dev.muster.storage.s3;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.function.Supplier;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * Requests whose failures say what was asked of which object, why it failed, and what to do. The
 * SDK has tried again before.
 */
record Requests(S3Place place) {
  /**
   * @param key of an object, or a prefix of some
   * @throws NoSuchFileException there is no such object
   * @throws IOException indefinite for what changes something: it may have been done
   */
  <T> T run(String what, String key, Supplier<T> request) throws IOException {
    try {
      return request.get();
    } catch (S3Exception e) {
      if (e.statusCode() == 404 && !absentBucket(e)) {
        throw new NoSuchFileException(place + ": no such object: " + key);
      }
      throw failed(what, key, e.getMessage() + advice(e), e);
    } catch (SdkException e) {
      throw failed(
          what, key, e.getMessage() + "; is the endpoint right, are there credentials?", e);
    }
  }

  private IOException failed(String what, String key, String reason, SdkException e) {
    return new IOException(
        "cannot %s: place=%s key=%s reason=%s".formatted(what, place, key, reason), e);
  }

  private static boolean absentBucket(S3Exception e) {
    return "NoSuchBucket".equals(code(e));
  }

  static boolean absentUpload(S3Exception e) {
    return "NoSuchUpload".equals(code(e));
  }

  private static String code(S3Exception e) {
    return e.awsErrorDetails() == null ? "" : e.awsErrorDetails().errorCode();
  }

  private String advice(S3Exception e) {
    if (absentBucket(e)) {
      return "; create the bucket " + place.bucket() + " first, or name another";
    }
    return e.statusCode() == 403 || e.statusCode() == 401
        ? "; access denied: these credentials need s3:ListBucket, s3:ListBucketMultipartUploads,"
            + " s3:GetObject, s3:PutObject, s3:DeleteObject and s3:AbortMultipartUpload there"
        : "";
  }
}
