package compress

// A stream codes one body. It is a policy.Transform.
type stream struct {
	coders *Coders
	coder  *coder
	held   bool // something was written since the last Flush
}

// Write is policy.Transform's.
func (s *stream) Write(dst, data []byte) ([]byte, error) {
	s.held = true
	s.coders.counts[s.coder.kind].in.Add(uint64(len(data)))
	return s.into(dst, func() error {
		_, err := s.coder.Write(data)
		return err
	})
}

// Flush is policy.Transform's.
func (s *stream) Flush(dst []byte) ([]byte, error) {
	if !s.held {
		return dst, nil
	}
	s.held = false
	return s.into(dst, s.coder.Flush)
}

// Close is policy.Transform's.
func (s *stream) Close(dst []byte) ([]byte, error) { return s.into(dst, s.coder.Close) }

// Release is policy.Transform's.
func (s *stream) Release() {
	s.coders.give(s.coder)
	s.coder = nil
}

// into appends to dst what a step of the coder writes.
func (s *stream) into(dst []byte, step func() error) ([]byte, error) {
	out := &s.coder.out
	out.b = dst
	err := step()
	s.coders.counts[s.coder.kind].out.Add(uint64(len(out.b) - len(dst)))
	dst, out.b = out.b, nil
	return dst, err
}

// announced is the Transform of a response whose body does not come: it says that the body would be
// changed, and needs no coder.
type announced struct{}

func (announced) Write(dst, _ []byte) ([]byte, error) { return dst, nil }
func (announced) Flush(dst []byte) ([]byte, error)    { return dst, nil }
func (announced) Close(dst []byte) ([]byte, error)    { return dst, nil }
func (announced) Release()                            {}
