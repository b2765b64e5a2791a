package dev.muster.cli.torchrun;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * {@code --nproc-per-node}: a number, or one for each {@code gpu} or {@code cpu} of this machine;
 * {@code auto} counts the GPUs if there are any. As with torchrun, all nodes are alike.
 */
record Processes(int count) {
  static final class Converter implements ITypeConverter<Processes> {
    @Override
    public Processes convert(String text) {
      int count =
          switch (text) {
            case "cpu" -> cpus();
            case "gpu" -> gpus();
            case "auto" -> gpus() > 0 ? gpus() : cpus();
            default -> number(text);
          };
      if (count < 1) {
        throw new TypeConversionException(
            text.equals("gpu")
                ? "this machine has no GPU: no /dev/nvidia0; take a number, cpu or auto"
                : "expected>=1 actual=" + text);
      }
      return new Processes(count);
    }

    private static int number(String text) {
      try {
        return Integer.parseInt(text);
      } catch (NumberFormatException e) {
        throw new TypeConversionException("expected=a number, auto, gpu or cpu actual=" + text);
      }
    }

    private static int cpus() {
      return Runtime.getRuntime().availableProcessors();
    }

    /** The driver's device files, which a container sees of the GPUs that it was given. */
    private static int gpus() {
      try (var files = Files.newDirectoryStream(Path.of("/dev"), "nvidia[0-9]*")) {
        int count = 0;
        for (var _ : files) {
          count++;
        }
        return count;
      } catch (IOException e) {
        return 0;
      }
    }
  }
}
