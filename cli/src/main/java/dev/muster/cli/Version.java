package dev.muster.cli;

/** Version of this build, from the jar's manifest. */
public final class Version {
  private Version() {}

  public static String text() {
    var version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
