package dev.muster.master.jmx;

import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.util.Arrays;
import java.util.Optional;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanInfo;
import javax.management.MBeanOperationInfo;
import javax.management.MBeanParameterInfo;
import javax.management.StandardMBean;

/**
 * An MXBean with the texts of {@link Description}: plain registration would show {@code p0} and
 * repeat the names.
 */
final class DescribedBean extends StandardMBean {
  <T> DescribedBean(T bean, Class<T> type) {
    super(bean, type, true);
  }

  @Override
  protected String getDescription(MBeanInfo info) {
    return text(getMBeanInterface().getAnnotation(Description.class)).orElse(info.getDescription());
  }

  @Override
  protected String getDescription(MBeanAttributeInfo info) {
    return method((info.isIs() ? "is" : "get") + info.getName())
        .flatMap(m -> text(m.getAnnotation(Description.class)))
        .orElse(info.getDescription());
  }

  @Override
  protected String getDescription(MBeanOperationInfo info) {
    return method(info.getName())
        .flatMap(m -> text(m.getAnnotation(Description.class)))
        .orElse(info.getDescription());
  }

  @Override
  protected String getDescription(
      MBeanOperationInfo info, MBeanParameterInfo parameter, int index) {
    return parameter(info, index)
        .flatMap(p -> text(p.getAnnotation(Description.class)))
        .orElse(parameter.getDescription());
  }

  @Override
  protected String getParameterName(
      MBeanOperationInfo info, MBeanParameterInfo parameter, int index) {
    return parameter(info, index).map(Parameter::getName).orElse(parameter.getName());
  }

  private Optional<Parameter> parameter(MBeanOperationInfo info, int index) {
    return method(info.getName()).map(m -> m.getParameters()[index]);
  }

  /** No interface here overloads a name. */
  private Optional<Method> method(String name) {
    return Arrays.stream(getMBeanInterface().getMethods())
        .filter(m -> m.getName().equals(name))
        .findFirst();
  }

  private static Optional<String> text(Description description) {
    return Optional.ofNullable(description).map(Description::value);
  }
}
