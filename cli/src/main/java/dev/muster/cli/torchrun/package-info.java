/**
 * What users of torchrun type and find: its flags, {@code PET_} variables, folders of logs and
 * lines of the console, put in terms of Muster. Documented in docs/torchrun.md.
 */
package dev.muster.cli.torchrun;
