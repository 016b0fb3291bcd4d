package policy

// pipeline is a Transform of two: what comes out of the first goes into the second.
type pipeline struct {
	first, second Transform
	between       []byte
}

// Write is Transform's.
func (p *pipeline) Write(dst, data []byte) ([]byte, error) {
	var err error
	if p.between, err = p.first.Write(p.between[:0], data); err != nil {
		return dst, err
	}
	return p.pass(dst)
}

// Flush is Transform's. What the first held back goes through the second, which is then
// flushed too.
func (p *pipeline) Flush(dst []byte) ([]byte, error) {
	var err error
	if p.between, err = p.first.Flush(p.between[:0]); err != nil {
		return dst, err
	}
	if dst, err = p.pass(dst); err != nil {
		return dst, err
	}
	return p.second.Flush(dst)
}

// Close is Transform's.
func (p *pipeline) Close(dst []byte) ([]byte, error) {
	var err error
	if p.between, err = p.first.Close(p.between[:0]); err != nil {
		return dst, err
	}
	if dst, err = p.pass(dst); err != nil {
		return dst, err
	}
	return p.second.Close(dst)
}

// Release is Transform's.
func (p *pipeline) Release() {
	p.first.Release()
	p.second.Release()
}

// pass takes what came out of the first through the second.
func (p *pipeline) pass(dst []byte) ([]byte, error) {
	if len(p.between) == 0 {
		return dst, nil
	}
	return p.second.Write(dst, p.between)
}
