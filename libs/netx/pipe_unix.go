//go:build unix && !linux

package netx

// A Pipe moves bytes without copying them where the system can; here it cannot.
type Pipe struct{}

// BorrowPipe returns nil: bytes have to be copied.
func BorrowPipe() *Pipe { return nil }

// Release gives the pipe back.
func (p *Pipe) Release() {}

// Fill is never called: there are no pipes.
func (p *Pipe) Fill(*Sock, int64) (int, error) { panic("netx: there are no pipes on this system") }

// TryFill is never called: there are no pipes.
func (p *Pipe) TryFill(*Sock) (int, error) { panic("netx: there are no pipes on this system") }

// Held is never called: there are no pipes.
func (p *Pipe) Held() int { panic("netx: there are no pipes on this system") }

// Drain is never called: there are no pipes.
func (p *Pipe) Drain(*Sock) error { panic("netx: there are no pipes on this system") }
