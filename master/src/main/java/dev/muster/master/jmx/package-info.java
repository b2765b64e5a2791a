/**
 * The master's MBeans, domain {@code dev.muster}: one bean per thing, MXBeans only, units in the
 * attribute names. The master publishes immutable snapshots; a getter reads the newest one and
 * never asks an actor. The tree is public API: a golden list in the tests holds it.
 */
package dev.muster.master.jmx;
