//! Hand-over 交接: everything that one manager has goes to others in one step, and stands in a protocol.

zunke_kernel::id_type!(/** One hand-over from a manager to others. */ HandOverId, "hov");
