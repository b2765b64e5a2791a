package dev.muster.cli.torchrun;

import java.lang.reflect.Field;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * {@code PET_NPROC_PER_NODE} and its like: what torchrun takes for a flag that is not on its
 * command line. Job controllers of clusters set them.
 */
public final class PetDefaults implements IDefaultValueProvider {
  private static final String UNSET = "";

  private final Map<String, String> environment;

  public PetDefaults() {
    this(System.getenv());
  }

  PetDefaults(Map<String, String> environment) {
    this.environment = environment;
  }

  /** Null: none. Twins of an option in another spelling are hidden and have none. */
  @Override
  public String defaultValue(ArgSpec argument) {
    boolean ofTorchrun = argument instanceof OptionSpec option && torchruns(option);
    if (!ofTorchrun || argument.hidden()) {
      return null;
    }
    var value = environment.getOrDefault(variable((OptionSpec) argument), UNSET);
    return value.equals(UNSET) ? null : argument.typeInfo().isBoolean() ? flag(value) : value;
  }

  private static boolean torchruns(OptionSpec option) {
    return option.longestName().equals("--max-restarts")
        || option.userObject() instanceof Field field
            && field.getDeclaringClass() == TorchrunFlags.class;
  }

  private static String variable(OptionSpec option) {
    return "PET_" + option.longestName().substring(2).replace('-', '_').toUpperCase(Locale.ROOT);
  }

  /** There it is a number. */
  private static String flag(String value) {
    return Boolean.toString(!value.equals("0") && !value.equalsIgnoreCase("false"));
  }
}
