package policy

import "testing"

func TestMessagesOfACallAreMeasuredHoweverTheyAreCut(t *testing.T) {
	var body []byte
	for _, n := range []int{0, 3, 70000, 1} {
		body = append(body, 0, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
		body = append(body, make([]byte, n)...)
	}
	for _, piece := range []int{1, 2, 4, 5, 6, 1000, len(body)} {
		var m messages
		most := int64(0)
		for rest := body; len(rest) > 0; {
			n := min(piece, len(rest))
			most = max(most, m.longest(rest[:n]))
			rest = rest[n:]
		}
		if most != 70000 || m.left != 0 || m.n != 0 {
			t.Errorf("in pieces of %d: the longest is %d, %+v", piece, most, m)
		}
	}
}
