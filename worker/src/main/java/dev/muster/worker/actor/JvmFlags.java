package dev.muster.worker.actor;

/**
 * Flags that a JVM needs to host a master; checked first, because what breaks without them names no
 * flag.
 */
public final class JvmFlags {
  private static final String PACKAGE = "jdk.internal.misc";
  private static final String FLAG = "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED";

  private JvmFlags() {}

  /**
   * Looks for what Pekko's remoting needs through Agrona.
   *
   * @throws IllegalStateException one sentence that names the missing flag; definite, nothing was
   *     started
   */
  public static void require() {
    require(Object.class.getModule().isExported(PACKAGE, JvmFlags.class.getModule()));
  }

  static void require(boolean exported) {
    if (!exported) {
      throw new IllegalStateException(
          "missing JVM flag: expected=" + FLAG + " actual=none; start java with it");
    }
  }
}
