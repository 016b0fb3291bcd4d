package policy

// WantsResponse is how many bytes of a response's body the policies want in one piece; 0 is none.
func (c *Chain) WantsResponse(r *Request, h *Response) (most int) {
	if c == nil {
		return 0
	}
	for _, p := range c.whole {
		most = max(most, p.WantsResponse(r, h))
	}
	return most
}

// WholeResponse shows a response's body to the policies that want it, to each as much as it wants,
// until one gives another response in its place. The policies nearest to the endpoint see it first.
func (c *Chain) WholeResponse(r *Request, h *Response, body []byte, whole bool) *Answer {
	if c == nil {
		return nil
	}
	for i := len(c.whole) - 1; i >= 0; i-- {
		most := c.whole[i].WantsResponse(r, h)
		if most == 0 {
			continue
		}
		part := body[:min(most, len(body))]
		all := whole && len(part) == len(body)
		if a := c.whole[i].OnWholeResponse(r, h, part, all); a != nil {
			c.stopped(r, c.whole[i])
			return a
		}
	}
	return nil
}

// Watch is what sees the response's body go by; nil: nothing does.
func (c *Chain) Watch(r *Request, h *Response) Watch {
	if c == nil {
		return nil
	}
	var all watches
	for _, p := range c.watches {
		if w := p.Watch(r, h); w != nil {
			all = append(all, w)
		}
	}
	switch len(all) {
	case 0:
		return nil
	case 1:
		return all[0]
	}
	return all
}

// watches are several that see the same body.
type watches []Watch

// Write is Watch's.
func (w watches) Write(data []byte) {
	for _, one := range w {
		one.Write(data)
	}
}

// Close is Watch's.
func (w watches) Close() {
	for _, one := range w {
		one.Close()
	}
}
