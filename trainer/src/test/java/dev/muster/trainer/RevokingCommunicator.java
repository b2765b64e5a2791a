package dev.muster.trainer;

import dev.muster.collectives.Communicator;
import dev.muster.collectives.GroupRevokedException;
import dev.muster.collectives.Work;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicInteger;

/** Makes a rank end its group just before one of its collectives. */
final class RevokingCommunicator {
  private RevokingCommunicator() {}

  /**
   * @param last the call that does not happen any more, counted from 1
   */
  static Communicator of(Communicator inner, int last) {
    var calls = new AtomicInteger();
    return (Communicator)
        Proxy.newProxyInstance(
            Communicator.class.getClassLoader(),
            new Class<?>[] {Communicator.class},
            (proxy, method, arguments) -> {
              if (method.isDefault()) { // calls one of the others
                return InvocationHandler.invokeDefault(proxy, method, arguments);
              }
              if (method.getReturnType() == Work.class && calls.incrementAndGet() == last) {
                inner.abort("a member is lost");
                throw new GroupRevokedException(inner.group(), inner.generation(), "as planned");
              }
              try {
                return method.invoke(inner, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
