/** Reads a living master's MBeans by local attach: no port, the same user only. */
package dev.muster.cli.attach;
