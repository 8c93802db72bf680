/// Placeholder so that the package builds until the model lands.
public final class Model: Sendable {}
