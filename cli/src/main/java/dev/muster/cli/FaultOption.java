package dev.muster.cli;

import dev.muster.protocol.job.JobSpec;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code rank=2@step=50}. */
final class FaultOption implements ITypeConverter<JobSpec.Fault> {
  private static final Pattern FORM = Pattern.compile("rank=(\\d{1,6})@step=(\\d{1,12})");

  @Override
  public JobSpec.Fault convert(String text) {
    var match = FORM.matcher(text);
    if (!match.matches()) {
      throw new TypeConversionException("bad fault: expected=rank=R@step=S actual=" + text);
    }
    return new JobSpec.Fault(Integer.parseInt(match.group(1)), Long.parseLong(match.group(2)));
  }
}
