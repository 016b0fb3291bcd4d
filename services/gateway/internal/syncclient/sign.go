package syncclient

import (
	"crypto/ed25519"
	"fmt"
	"os"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
	"github.com/gatewayhomebrew/gateway/libs/pemfile"
)

// A Signature is what an operator signs of a configuration besides its digest: see
// configpb.SignedText.
type Signature struct {
	Bytes         []byte
	Number, Floor uint64
}

// Sign signs the configuration with this digest with the Ed25519 key in a PEM file (PKCS #8), for a
// fleet whose status says what comes next.
func Sign(
	keyFile, fleet, digest string, status *configpb.StatusResponse,
) (s Signature, err error) {
	key, err := privateKey(keyFile)
	if err != nil {
		return s, err
	}
	s.Number, s.Floor = status.GetNextNumber(), status.GetGood().GetSignedNumber()
	s.Bytes = ed25519.Sign(key, configpb.SignedText(fleet, s.Number, s.Floor, digest))
	return s, nil
}

func privateKey(keyFile string) (ed25519.PrivateKey, error) {
	data, err := os.ReadFile(keyFile)
	if err != nil {
		return nil, err
	}
	key, err := pemfile.PrivateKey(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", keyFile, err)
	}
	private, ok := key.(ed25519.PrivateKey)
	if !ok {
		return nil,
			fmt.Errorf("%s holds a key that is not Ed25519: make one with openssl genpkey "+
				"-algorithm ed25519", keyFile)
	}
	return private, nil
}
