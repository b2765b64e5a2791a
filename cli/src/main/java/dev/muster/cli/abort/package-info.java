/** {@code muster bench abort}: how fast groups end and come back, and ranks killed in them. */
package dev.muster.cli.abort;
