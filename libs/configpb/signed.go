package configpb

import "fmt"

// SignedText is the text that a signature of a configuration is made over. Nothing that was signed
// for one fleet, or at one place of its history, can be passed off as something else:
//
//   - number grows from each signature of a fleet to the next;
//   - floor is the number of what was in force when the signature was made, 0 for nothing. It is
//     the oldest that nodes may be taken back to, should this configuration turn out bad.
func SignedText(fleet string, number, floor uint64, digest string) []byte {
	return fmt.Appendf(nil, "gateway config 2\nfleet %s\nnumber %d\nfloor %d\ndigest %s\n",
		fleet, number, floor, digest)
}
