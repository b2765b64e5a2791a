package dev.muster.master.jmx;

import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;

/** The text a JMX console shows beside a bean, an attribute, an operation or a parameter. */
@Retention(RetentionPolicy.RUNTIME)
@interface Description {
  String value();
}
