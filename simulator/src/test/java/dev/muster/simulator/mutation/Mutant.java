package dev.muster.simulator.mutation;

import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.tools.ToolProvider;

/** The whole project once more, with one bug: compiled anew and loaded by a loader of its own. */
final class Mutant extends URLClassLoader {
  private static final String OURS = "dev.muster.";

  private Mutant(URL[] path, ClassLoader others) {
    super(path, others);
  }

  /**
   * @param folder empty, for what is compiled
   */
  static Mutant of(Mutation mutation, Path folder) throws IOException {
    var source = Path.of("..").resolve(mutation.file());
    var mutated = folder.resolve(source.getFileName());
    Files.writeString(mutated, mutation.applied(Files.readString(source)));
    var classes = Files.createDirectory(folder.resolve("classes"));
    var said = new StringWriter();
    var compiler = ToolProvider.getSystemJavaCompiler();
    try (var files = compiler.getStandardFileManager(null, null, null)) {
      var options =
          List.of("-nowarn", "-proc:none", "-parameters", "-cp", classPath(), "-d", classes + "");
      var units = files.getJavaFileObjects(mutated);
      if (!compiler.getTask(said, files, null, options, null, units).call()) {
        throw new IllegalStateException("the mutant does not compile: " + mutation + "\n" + said);
      }
    }
    return new Mutant(urls(classes), Mutant.class.getClassLoader());
  }

  private static String classPath() {
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }

  private static URL[] urls(Path first) throws MalformedURLException {
    var urls = new ArrayList<URL>(List.of(first.toUri().toURL()));
    for (var entry : Arrays.asList(classPath().split(File.pathSeparator))) {
      urls.add(Path.of(entry).toUri().toURL());
    }
    return urls.toArray(URL[]::new);
  }

  /** Ours first: nothing of the project may come from the loader of the test. */
  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    if (!name.startsWith(OURS)) {
      return super.loadClass(name, resolve);
    }
    synchronized (getClassLoadingLock(name)) {
      var loaded = findLoadedClass(name);
      return loaded != null ? loaded : findClass(name);
    }
  }

  /** What {@link Hunt#hunt} finds in here. */
  String hunt(long seeds, int faults, boolean further) throws ReflectiveOperationException {
    var hunt = loadClass(Hunt.class.getName());
    var method = hunt.getDeclaredMethod("hunt", long.class, int.class, boolean.class);
    method.setAccessible(true);
    return (String) method.invoke(null, seeds, faults, further);
  }
}
