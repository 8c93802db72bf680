/// Placeholder so that the package builds until the model lands.
public final class Model: Sendable { public var kernel: ModelKernel { ModelKernel() } }
public struct ModelKernel: Sendable, BitwiseCopyable {}
public struct Workspace: BitwiseCopyable {}
public final class ModelData { public init(_ m: Model) {}; public var workspace: Workspace { Workspace() } }
@_noLocks public func gravity(_ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, into tau: UnsafeMutablePointer<Double>) {}
@_noLocks public func inverseDynamics(_ m: ModelKernel, _ w: Workspace, q: UnsafePointer<Double>, v: UnsafePointer<Double>, a: UnsafePointer<Double>, into tau: UnsafeMutablePointer<Double>) {}
