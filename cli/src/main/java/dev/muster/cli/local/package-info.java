/**
 * A drill on real processes of this machine: starts a run, strikes it, and reads what it showed.
 */
package dev.muster.cli.local;
