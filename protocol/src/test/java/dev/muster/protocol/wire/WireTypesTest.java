package dev.muster.protocol.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.message.Message;
import dev.muster.protocol.wire.WireCodec.Registration;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class WireTypesTest {
  @Test
  void givenSealedMessages_whenWalked_thenEveryRecordAndEnumIsRegistered() {
    var reachable = new LinkedHashSet<Class<?>>();
    walk(Message.class, reachable);
    var registered = new ArrayList<>(WireTypes.LINK.stream().map(Registration::type).toList());
    assertThat(reachable).hasSizeGreaterThan(20);
    assertThat(registered)
        .as(
            "add the missing type to WireTypes with a number never used before, and a sample to"
                + " Samples")
        .containsAll(reachable)
        .doesNotHaveDuplicates();
  }

  @Test
  void givenEveryMessageType_whenSamplesAreWalked_thenEachHasOne() {
    var reachable = new LinkedHashSet<Class<?>>();
    walk(Message.class, reachable);
    reachable.removeIf(each -> !Message.class.isAssignableFrom(each));
    var sampled = Samples.messages().stream().map(Object::getClass).toList();
    assertThat(sampled).containsAll(reachable);
  }

  @Test
  void givenNumbers_whenListed_thenUniqueAndBelowTheUsersRange() {
    var ids = WireTypes.LINK.stream().map(Registration::id).toList();
    assertThat(ids)
        .doesNotHaveDuplicates()
        .allMatch(id -> id >= 20 && id < WireCodec.FIRST_FREE_ID);
  }

  /**
   * Sealed types by their permitted ones, records by their components, and whatever is declared
   * inside either.
   */
  private static void walk(Class<?> type, Set<Class<?>> found) {
    if ((type.isRecord() || type.isEnum()) && !found.add(type)) {
      return;
    }
    if (type.isSealed() && type.isInterface()) {
      Arrays.stream(type.getPermittedSubclasses()).forEach(each -> walk(each, found));
    }
    if (type.isRecord()) {
      Arrays.stream(type.getRecordComponents())
          .map(RecordComponent::getGenericType)
          .forEach(each -> walk(each, found));
    }
    if (Message.class.isAssignableFrom(type)) {
      Arrays.stream(type.getDeclaredClasses()).forEach(each -> walk(each, found));
    }
  }

  private static void walk(Type type, Set<Class<?>> found) {
    if (type instanceof ParameterizedType generic) {
      List.of(generic.getActualTypeArguments()).forEach(each -> walk(each, found));
    } else if (type instanceof Class<?> raw && raw.getName().startsWith("dev.muster.")) {
      walk(raw, found);
    }
  }
}
