/**
 * A campaign of SIGKILLs against a run that saves, copies, persists and restores a state which is
 * known in advance, byte by byte.
 */
package dev.muster.cli.kills;
