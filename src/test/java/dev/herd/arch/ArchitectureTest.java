package dev.herd.arch;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_USE_JAVA_UTIL_LOGGING;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ArchitectureTest {
    private static final String BASE = "dev.herd.";
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.herd");
    private static final JavaClasses TESTS = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.ONLY_INCLUDE_TESTS)
            .importPackages("dev.herd");

    /** Who may import whom among our packages; everything else is forbidden. */
    @ParameterizedTest
    @CsvSource({
        "kernels, ''",
        "weights, 'kernels'",
        "tokenizer, 'weights'",
        "model, 'kernels weights'",
        "grammar, 'tokenizer'",
        "engine, 'model weights kernels grammar'",
        "chat, 'tokenizer'",
        "media, 'engine model'",
        "safety, 'tokenizer chat'",
        "tenant, 'safety'",
        "guard, 'safety engine model weights kernels tokenizer chat'",
        "api, 'chat engine grammar media tokenizer runtime safety tenant guard'",
        "cli, 'chat engine media model weights kernels tokenizer runtime'",
        "runtime, 'api chat engine media model weights kernels tokenizer safety tenant guard'",
    })
    void packageImportsOnlyWhatTheDrawingAllows(String from, String allowed) {
        Set<String> imported = new TreeSet<>();
        for (JavaClass origin : CLASSES) {
            if (isIn(origin, from)) {
                origin.getDirectDependenciesFromSelf().stream()
                        .map(dependency ->
                                topPackage(dependency.getTargetClass().getBaseComponentType()))
                        .forEach(imported::add);
            }
        }
        imported.remove("");
        imported.remove(from);

        assertThat(Set.of(allowed.split(" ", -1))).containsAll(imported);
    }

    @Test
    void everyPackageIsInTheDrawing() {
        Set<String> packages =
                CLASSES.stream().map(ArchitectureTest::topPackage).collect(Collectors.toSet());

        assertThat(packages)
                .containsExactlyInAnyOrder(
                        "kernels",
                        "weights",
                        "tokenizer",
                        "grammar",
                        "model",
                        "engine",
                        "chat",
                        "media",
                        "safety",
                        "guard",
                        "tenant",
                        "api",
                        "cli",
                        "runtime");
    }

    @Test
    void tokenizerKnowsOfWeightsOnlyTheVocabulary() {
        check(noClasses()
                .that()
                .resideInAPackage(BASE + "tokenizer..")
                .should()
                .dependOnClassesThat(DescribedPredicate.describe(
                        "are weights other than the vocabulary",
                        target -> target.getPackageName().startsWith(BASE + "weights")
                                && !target.getName().startsWith(BASE + "weights.Vocabulary")
                                && !target.getSimpleName().equals("CheckpointException"))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"engine", "model", "weights", "tokenizer", "grammar", "chat", "media", "kernels"})
    void coreKnowsNoFramework(String core) {
        check(noClasses()
                .that()
                .resideInAPackage(BASE + core + "..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.quarkus..",
                        "io.vertx..",
                        "io.smallrye..",
                        "jakarta..",
                        "com.fasterxml.jackson.databind..",
                        "com.fasterxml.jackson.annotation..",
                        "org.apache.commons.cli.."));
    }

    @Test
    void tenantsKnowNoFramework() {
        check(noClasses()
                .that()
                .resideInAPackage(BASE + "tenant..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.quarkus..", "io.vertx..", "io.smallrye..", "jakarta.."));
    }

    /** So that a server without a database loads nothing of it. */
    @Test
    void onlyTheStoreInPostgresKnowsOfDatabases() {
        check(noClasses()
                .that()
                .haveNameNotMatching(".*\\.Postgres[^.]*")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.sql..", "javax.sql..", "org.postgresql..", "org.flywaydb..", "io.agroal.."));
    }

    /** Checkpoints and tokenizers are read with the streaming parser (docs/adr/0005); nothing else there is JSON. */
    @ParameterizedTest
    @ValueSource(strings = {"engine", "model", "media", "kernels"})
    void numericCoreKnowsNoJson(String core) {
        check(noClasses()
                .that()
                .resideInAPackage(BASE + core + "..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("com.fasterxml.."));
    }

    @Test
    void commandLineStartsNoQuarkus() {
        check(noClasses()
                .that()
                .resideInAPackage(BASE + "cli..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.quarkus..", "io.vertx..", "jakarta.."));
    }

    @Test
    void kernelProvidersAreFoundNotImported() {
        check(noClasses()
                .that()
                .resideOutsideOfPackage(BASE + "kernels.cpu..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage(BASE + "kernels.cpu.."));
    }

    @Test
    void packagesHaveNoCycles() {
        check(slices().matching(BASE + "(**)").should().beFreeOfCycles());
    }

    @Test
    void onlyTheCommandLineUsesStandardStreams() {
        check(noClasses().that().resideOutsideOfPackage(BASE + "cli..").should(ACCESS_STANDARD_STREAMS));
    }

    @Test
    void nobodyUsesJavaUtilLogging() {
        check(NO_CLASSES_SHOULD_USE_JAVA_UTIL_LOGGING);
    }

    @Test
    void nothingIsInjectedIntoFields() {
        check(fields().should().notBeAnnotatedWith("jakarta.inject.Inject"));
        check(fields().should().notBeAnnotatedWith("org.eclipse.microprofile.config.inject.ConfigProperty"));
    }

    @Test
    void namesSayWhatAClassIs() {
        check(classes()
                .that()
                .doNotHaveSimpleName("BlockManager")
                .should(HaveTellingNames.notEndingIn("Util", "Utils", "Helper", "Impl", "Manager", "V2")));
    }

    @Test
    void engineModelAndGrammarShowOnlyWhatIsListed() {
        assertThat(publicTopLevelClasses("engine")).isEqualTo(PublicTypes.ENGINE);
        assertThat(publicTopLevelClasses("model")).isEqualTo(PublicTypes.MODEL);
        assertThat(publicTopLevelClasses("grammar")).isEqualTo(PublicTypes.GRAMMAR);
    }

    @Test
    void testClassesAreNamedAsTheirRunnerExpects() {
        Set<String> names = TESTS.stream()
                .filter(test -> test.getMethods().stream().anyMatch(ArchitectureTest::isTestMethod))
                .filter(test -> !test.getModifiers().contains(JavaModifier.ABSTRACT))
                .map(ArchitectureTest::outermost)
                .map(JavaClass::getSimpleName)
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(names).contains("ArchitectureTest").allMatch(name -> name.endsWith("Test") || name.endsWith("IT"));
    }

    private static boolean isTestMethod(JavaMethod method) {
        return method.isAnnotatedWith(Test.class) || method.isAnnotatedWith(ParameterizedTest.class);
    }

    private static JavaClass outermost(JavaClass nested) {
        return nested.getEnclosingClass().map(ArchitectureTest::outermost).orElse(nested);
    }

    private static Set<String> publicTopLevelClasses(String name) {
        return CLASSES.stream()
                .filter(type -> isIn(type, name))
                .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC) && type.isTopLevelClass())
                .map(JavaClass::getSimpleName)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static boolean isIn(JavaClass type, String name) {
        return topPackage(type).equals(name);
    }

    /** {@code kernels} for {@code dev.herd.kernels.cpu.ScalarKernels}; empty for what is not ours. */
    private static String topPackage(JavaClass type) {
        String name = type.getPackageName();
        return name.startsWith(BASE) ? name.substring(BASE.length()).split("\\.", -1)[0] : "";
    }

    private static void check(ArchRule rule) {
        rule.allowEmptyShould(false).check(CLASSES);
    }
}
