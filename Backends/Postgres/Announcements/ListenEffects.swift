import BrokerCore

/// What is to be done about what happened to a ``ListenTable`` or a ``PointerFetch``.
struct ListenEffects {
    /// To be told, in order.
    var events: [BrokerEvent] = []
    var commands: [ListenTable.Command] = []
    /// Who need not wait any more.
    var finished: [ListenTable.Waiter] = []
    /// To be asked; each is to be answered once, with ``PointerFetch/answered(_:_:_:)``.
    var fetches: [(ticket: PointerFetch.Ticket, pointer: Pointer)] = []
}
