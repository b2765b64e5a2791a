/** What {@code muster check} looks at on this machine before a run. */
package dev.muster.cli.check;
