package dev.muster.cli.build;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import dev.muster.master.job.Job;
import dev.muster.protocol.core.Buggified;
import dev.muster.protocol.core.Core;
import dev.muster.protocol.core.Effects;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the modules may know of each other, and what a core may not touch. */
class ArchitectureTest {
  private static final JavaClasses MUSTER =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.muster");

  @Test
  void givenProtocol_thenItDependsOnNothingOfOursAndNoPekko() {
    noClasses()
        .that()
        .resideInAPackage("dev.muster.protocol..")
        .should()
        .dependOnClassesThat(
            resideInAnyPackage("dev.muster..", "org.apache.pekko..")
                .and(DescribedPredicate.not(resideInAnyPackage("dev.muster.protocol.."))))
        .check(MUSTER);
  }

  @Test
  void givenCollectives_thenTheyKnowNoActorsAndNoProtocol() {
    noClasses()
        .that()
        .resideInAPackage("dev.muster.collectives..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "org.apache.pekko..",
            "dev.muster.protocol..",
            "dev.muster.worker..",
            "dev.muster.master..",
            "dev.muster.cli..")
        .check(MUSTER);
  }

  @Test
  void givenWorker_thenItDoesNotKnowTheMaster() {
    noClasses()
        .that()
        .resideInAPackage("dev.muster.worker..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.muster.master..", "dev.muster.trainer..", "dev.muster.cli..")
        .check(MUSTER);
  }

  /** The command shows the simulator to its user; nothing else may need it. */
  @Test
  void givenTheSimulator_thenNothingButTheCommandDependsOnIt() {
    noClasses()
        .that()
        .resideOutsideOfPackages("dev.muster.simulator..", "dev.muster.cli..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("dev.muster.simulator..")
        .allowEmptyShould(true)
        .check(MUSTER);
  }

  /** Packages of these two have a direction; a cycle means that a class sits in the wrong one. */
  @ParameterizedTest
  @ValueSource(strings = {"protocol", "simulator"})
  void givenTheirPackages_thenNoneDependsOnItselfThroughOthers(String module) {
    slices().matching("dev.muster." + module + ".(*)..").should().beFreeOfCycles().check(MUSTER);
  }

  @Test
  void givenThePureCores_thenThereAreSome() {
    assertThat(MUSTER.that(PURE)).as("classes the rules below look at").hasSizeGreaterThan(10);
  }

  @Test
  void givenThePureCores_thenTheyDependOnNoWorld() {
    noClasses().that(PURE).should().dependOnClassesThat(WORLD).check(MUSTER);
  }

  @Test
  void givenThePureCores_thenTheyReadNoClockAndNoRandomness() {
    noClasses().that(PURE).should().accessTargetWhere(FORBIDDEN_CALL).check(MUSTER);
  }

  @Test
  void givenThePureCores_thenTheyHaveNoMutableStatics() {
    ArchRule finalStatics =
        fields().that().areStatic().and().areDeclaredInClassesThat(PURE).should().beFinal();
    finalStatics.check(MUSTER);
  }

  /** Rare ways are for simulations: nobody can switch them on in production. */
  @Test
  void givenProduction_thenNothingAnswersThatARareWayIsTaken() {
    methods()
        .that()
        .haveName("buggified")
        .and()
        .areDeclaredInClassesThat()
        .areAssignableTo(Effects.class)
        .and()
        .areDeclaredInClassesThat()
        .resideOutsideOfPackage("dev.muster.simulator..")
        .should()
        .beDeclaredInClassesThat(
            describe(
                "say no, pass it on, or replay",
                type ->
                    Set.of("Effects", "ForwardingEffects", "Replay")
                        .contains(type.getSimpleName())))
        .check(MUSTER);
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.muster.simulator..")
        .should()
        .callMethod(Job.class, "replay", List.class, Buggified.class)
        .orShould()
        .implement(Buggified.class)
        .check(
            MUSTER.that(describe("not the job itself", type -> !type.isEquivalentTo(Job.class))));
  }

  /** The rules must be able to fail: this class breaks them. */
  @Test
  void givenAClassThatReadsTheClock_whenChecked_thenItIsFound() {
    var broken = new ClassFileImporter().importClasses(ReadsTheClock.class);
    var result = noClasses().should().accessTargetWhere(FORBIDDEN_CALL).evaluate(broken);
    assertThat(result.hasViolation()).isTrue();
    assertThat(noClasses().should().dependOnClassesThat(WORLD).evaluate(broken).hasViolation())
        .isTrue();
    assertThat(classes().should().haveSimpleName("ReadsTheClock").evaluate(broken).hasViolation())
        .isFalse();
  }

  static final class ReadsTheClock {
    final Thread thread = Thread.currentThread();

    long now() {
      return System.nanoTime();
    }
  }

  /**
   * Packages in which every class is pure, and every core wherever it is, with the classes nested
   * in it.
   */
  private static final DescribedPredicate<JavaClass> PURE =
      describe(
          "pure cores",
          type ->
              Set.of(
                          "job",
                          "quorum",
                          "rendezvous",
                          "rank",
                          "budget",
                          "health",
                          "checkpoint",
                          "data")
                      .stream()
                      .anyMatch(name -> type.getPackageName().equals("dev.muster.master." + name))
                  || type.getPackageName().equals("dev.muster.worker.agent")
                  || isCore(type)
                  || type.getEnclosingClass().map(ArchitectureTest::isCore).orElse(false));

  private static boolean isCore(JavaClass type) {
    return !type.isInterface()
        && type.isAssignableTo(Core.class)
        && type.getPackageName().startsWith("dev.muster");
  }

  private static final DescribedPredicate<JavaClass> WORLD =
      describe(
          "threads, locks, clocks, files, sockets, actors",
          type ->
              type.isEquivalentTo(Thread.class)
                  || resideInAnyPackage(
                              "java.util.concurrent",
                              "java.util.concurrent.locks..",
                              "java.nio.file..",
                              "java.nio.channels..",
                              "java.net..",
                              "org.apache.pekko..",
                              "org.slf4j..")
                          .test(type)
                      && !type.getName().equals("java.util.concurrent.TimeUnit")
                  || Set.of(
                          "java.util.Random",
                          "java.util.SplittableRandom",
                          "java.security.SecureRandom",
                          "java.time.Clock",
                          "java.io.File",
                          "java.util.Timer",
                          "java.lang.Process",
                          "java.lang.ProcessBuilder")
                      .contains(type.getName()));

  private static final Set<String> FORBIDDEN_METHODS =
      Set.of(
          "java.lang.System.nanoTime",
          "java.lang.System.currentTimeMillis",
          "java.lang.System.getenv",
          "java.lang.System.getProperty",
          "java.lang.System.identityHashCode",
          "java.lang.Math.random",
          "java.time.Instant.now",
          "java.time.LocalDateTime.now",
          "java.time.ZonedDateTime.now",
          "java.util.UUID.randomUUID",
          "java.util.Collection.parallelStream",
          "java.util.Collections.shuffle",
          "java.util.stream.BaseStream.parallel",
          "java.util.stream.Stream.parallel");

  private static final DescribedPredicate<JavaAccess<?>> FORBIDDEN_CALL =
      describe("a clock, randomness or the surroundings", access -> forbidden(access.getTarget()));

  private static boolean forbidden(AccessTarget target) {
    return FORBIDDEN_METHODS.contains(target.getOwner().getName() + "." + target.getName())
        || target.getName().equals("parallelStream")
        || target.getName().equals("parallel");
  }
}
