package dev.muster.cli;

import java.util.ServiceLoader;

/** Finds the services of this build; they are declared in META-INF/services, so that this module does not know their wiring. */
final class RunningServices {
  private RunningServices() {}

  static Services installed() {
    return ServiceLoader.load(Services.class)
        .findFirst()
        .orElseThrow(() -> UserError.failed("this build has no master and no agent in it: expected a provider of " + Services.class.getName()));
  }
}
