// Placeholder until the first acceptance test lands.
