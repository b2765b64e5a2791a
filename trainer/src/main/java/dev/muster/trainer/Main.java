package dev.muster.trainer;
final class Main { }
