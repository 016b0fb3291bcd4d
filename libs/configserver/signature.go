package configserver

import (
	"crypto/ed25519"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
	"github.com/gatewayhomebrew/gateway/libs/rollout"
)

// A signature is what an operator has signed of a configuration, besides its digest. See
// configpb.SignedText.
type signature struct {
	bytes         []byte
	number, floor uint64
}

// checkSignature holds a signature against the keys that may sign, if config-sync has any.
func (s *Server) checkSignature(digest string, by signature) error {
	if len(s.options.Signers) == 0 {
		if len(by.bytes) > ed25519.SignatureSize {
			return status.Error(codes.InvalidArgument, "that is no Ed25519 signature")
		}
		return nil
	}
	text := configpb.SignedText(s.options.Fleet, by.number, by.floor, digest)
	for _, key := range s.options.Signers {
		if ed25519.Verify(key, text, by.bytes) {
			return nil
		}
	}
	if len(by.bytes) == 0 {
		return status.Error(codes.PermissionDenied,
			"the configuration is not signed, and here it has to be")
	}
	return status.Errorf(codes.PermissionDenied,
		"the signature is by none of the keys that may sign, or for another fleet than %q",
		s.options.Fleet)
}

// fits says whether a signature is for what comes next. Nodes refuse one whose number is not above
// those they have seen, and return to nothing below its floor.
func (by signature) fits(m *rollout.Machine) error {
	if len(by.bytes) == 0 {
		return nil
	}
	state := m.State()
	switch {
	case by.number <= state.Signed() || by.number > m.Next():
		return status.Errorf(codes.Aborted,
			"the signature is for number %d, and the next is %d: somebody else has published, or "+
				"it was made by another version; sign again", by.number, m.Next())
	case by.floor != floorOf(state):
		return status.Errorf(codes.Aborted,
			"the signature says that number %d is good, and it is %d now; sign again", by.floor,
			floorOf(state))
	}
	return nil
}

// floorOf is the number that the good revision was signed under, 0 if it was not.
func floorOf(s *rollout.State) uint64 {
	if good := s.Find(s.Good); good != nil {
		return good.Signed
	}
	return 0
}

// signedAgain is the signature for a return to a revision: a new one, or else that which its
// snapshot has. That one is good for a node only where it is not below the floor of the newest.
func (s *Server) signedAgain(
	m *rollout.Machine, target *rollout.Revision, by signature,
) (signature, error) {
	if len(by.bytes) > 0 {
		if err := s.checkSignature(target.Digest, by); err != nil {
			return by, err
		}
		return by, by.fits(m)
	}
	old := signature{target.Signature, target.Signed, target.Floor}
	newest := m.State().Newest()
	if newest != nil && len(newest.Signature) > 0 && old.number < newest.Floor {
		return old, status.Errorf(codes.FailedPrecondition,
			"revision %d was signed before the one that was good when the newest was signed, and "+
				"nodes with a key would refuse it: sign the return (--sign-key)", target.Number)
	}
	return old, nil
}
