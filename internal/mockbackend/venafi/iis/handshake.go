// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package iis

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"slices"
)

// Types of handshake messages.
const (
	messageHelloRequest       = 0
	messageClientHello        = 1
	messageServerHello        = 2
	messageCertificate        = 11
	messageServerKeyExchange  = 12
	messageCertificateRequest = 13
	messageServerHelloDone    = 14
	messageCertificateVerify  = 15
	messageClientKeyExchange  = 16
	messageFinished           = 20
)

// The one way that this server speaks: TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 over X25519.
const (
	cipherSuite     = 0xc02b
	curveX25519     = 29
	ecdsaWithSHA256 = 0x0403
	pssWithSHA256   = 0x0804
	pkcs1WithSHA256 = 0x0401

	extensionSupportedVersions = 43
	extensionRenegotiation     = 0xff01

	randomSize = 32
	keySize    = 16
	saltSize   = 4
	verifySize = 12
)

// message reads one handshake message with its header. The caller holds readMu.
func (c *conn) message() ([]byte, error) {
	for {
		if len(c.messages) >= 4 {
			size := 4 + int(c.messages[1])<<16 + int(c.messages[2])<<8 + int(c.messages[3])
			if len(c.messages) >= size {
				message := c.messages[:size]
				c.messages = slices.Clone(c.messages[size:])
				return message, nil
			}
		}
		kind, data, err := c.readRecord()
		switch {
		case err != nil:
			return nil, err
		case kind == recordHandshake:
			c.messages = append(c.messages, data...)
		case kind == recordData && c.in.aead != nil:
			c.pending = append(c.pending, data...)
		case kind == recordAlert:
			if err := c.alert(data); err != nil {
				return nil, err
			}
			return nil, errors.New("an alert inside a handshake")
		default:
			return nil, fmt.Errorf("an unexpected record of type %d inside a handshake", kind)
		}
	}
}

// reader takes a message apart; after the first slip it yields nothing.
type reader struct {
	data []byte
	bad  bool
}

func (r *reader) take(n int) []byte {
	if n > len(r.data) {
		r.bad, r.data = true, nil
		return make([]byte, max(n, 4))[:n]
	}
	taken := r.data[:n]
	r.data = r.data[n:]
	return taken
}

// vector takes a length of so many bytes, and then that much.
func (r *reader) vector(lengthBytes int) []byte {
	n := 0
	for _, b := range r.take(lengthBytes) {
		n = n<<8 | int(b)
	}
	if n > len(r.data) {
		r.bad, r.data = true, nil
		return nil
	}
	return r.take(n)
}

func withLength(lengthBytes int, data []byte) []byte {
	length := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	return append(length[4-lengthBytes:], data...)
}

func message(kind byte, body ...[]byte) []byte {
	return append([]byte{kind}, withLength(3, slices.Concat(body...))...)
}

// clientHello is what this server reads of one.
type clientHello struct {
	random        []byte
	suites        []byte
	extensions    map[uint16][]byte
	renegotiation []byte
}

func parseClientHello(raw []byte) (clientHello, error) {
	r := &reader{data: raw}
	if kind := r.take(4)[0]; kind != messageClientHello {
		return clientHello{}, fmt.Errorf("a message of type %d instead of a ClientHello", kind)
	}
	r.take(2)
	hello := clientHello{random: r.take(randomSize), extensions: map[uint16][]byte{}}
	r.vector(1)
	hello.suites = r.vector(2)
	r.vector(1)
	extensions := &reader{data: r.vector(2), bad: r.bad}
	for len(extensions.data) > 0 {
		id := binary.BigEndian.Uint16(extensions.take(2))
		hello.extensions[id] = extensions.vector(2)
	}
	if extensions.bad {
		return clientHello{}, errors.New("a malformed ClientHello")
	}
	if extension, ok := hello.extensions[extensionRenegotiation]; ok && len(extension) > 0 {
		hello.renegotiation = extension[1:]
	}
	return hello, nil
}

func offersTLS13(raw []byte) bool {
	hello, err := parseClientHello(raw)
	return err == nil && bytes.Contains(hello.extensions[extensionSupportedVersions], []byte{3, 4})
}

func (h clientHello) offers(suite uint16) bool {
	for pair := range slices.Chunk(h.suites, 2) {
		if len(pair) == 2 && binary.BigEndian.Uint16(pair) == suite {
			return true
		}
	}
	return false
}

// handshaking is a handshake under way.
type handshaking struct {
	*conn
	transcript   hash.Hash
	clientRandom []byte
	serverRandom []byte
	private      *ecdh.PrivateKey
}

// handshake carries out a full handshake that begins with the client's hello; the second one asks for the client's
// certificate. The caller holds readMu.
func (c *conn) handshake(raw []byte, again bool) error {
	hello, err := parseClientHello(raw)
	if err != nil {
		return err
	}
	if !hello.offers(cipherSuite) {
		_ = c.writeRecord(recordAlert, []byte{alertFatal, alertHandshakeFailure})
		return errors.New("the client does not offer ECDHE-ECDSA with AES-128-GCM")
	}
	if again && !bytes.Equal(hello.renegotiation, c.clientVerify) {
		_ = c.writeRecord(recordAlert, []byte{alertFatal, alertHandshakeFailure})
		return errors.New("the second ClientHello does not belong to the first")
	}
	private, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	h := &handshaking{conn: c, transcript: sha256.New(), clientRandom: hello.random, serverRandom: make([]byte, randomSize), private: private}
	_, _ = rand.Read(h.serverRandom) // never fails
	h.transcript.Write(raw)
	if err := h.sendHello(again); err != nil {
		return err
	}
	peer, secret, err := h.receiveKeys(again)
	if err != nil {
		return err
	}
	if err := h.finish(secret); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.peer = peer
	return nil
}

func (h *handshaking) send(message []byte) error {
	h.transcript.Write(message)
	return h.writeRecord(recordHandshake, message)
}

func (h *handshaking) receive(kind byte) (*reader, []byte, error) {
	raw, err := h.message()
	if err != nil {
		return nil, nil, err
	}
	if raw[0] != kind {
		return nil, nil, fmt.Errorf("a handshake message of type %d instead of %d", raw[0], kind)
	}
	return &reader{data: raw[4:]}, raw, nil
}

// sendHello sends the server's first flight.
func (h *handshaking) sendHello(ask bool) error {
	verify := slices.Concat(h.clientVerify, h.serverVerify) // empty at first
	renegotiation := slices.Concat([]byte{extensionRenegotiation >> 8, extensionRenegotiation & 0xff}, withLength(2, withLength(1, verify)))
	parameters := append([]byte{3, 0, curveX25519}, withLength(1, h.private.PublicKey().Bytes())...)
	digest := sha256.Sum256(slices.Concat(h.clientRandom, h.serverRandom, parameters))
	signer, _ := h.server.certificate.PrivateKey.(crypto.Signer)
	signature, err := signer.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		return err
	}
	flight := [][]byte{
		message(messageServerHello, []byte{3, 3}, h.serverRandom, []byte{0, cipherSuite >> 8, cipherSuite & 0xff, 0}, withLength(2, renegotiation)),
		message(messageCertificate, withLength(3, withLength(3, h.server.certificate.Certificate[0]))),
		message(messageServerKeyExchange, parameters, []byte{ecdsaWithSHA256 >> 8, ecdsaWithSHA256 & 0xff}, withLength(2, signature)),
	}
	if ask {
		algorithms := []byte{ecdsaWithSHA256 >> 8, ecdsaWithSHA256 & 0xff, pssWithSHA256 >> 8, pssWithSHA256 & 0xff, pkcs1WithSHA256 >> 8, pkcs1WithSHA256 & 0xff}
		const rsaSign, ecdsaSign = 1, 64
		flight = append(flight, message(messageCertificateRequest, []byte{2, rsaSign, ecdsaSign}, withLength(2, algorithms), []byte{0, 0}))
	}
	for _, part := range append(flight, message(messageServerHelloDone)) {
		if err := h.send(part); err != nil {
			return err
		}
	}
	return nil
}

// receiveKeys reads the client's certificate, where it was asked for, and its key, and returns the master secret.
func (h *handshaking) receiveKeys(asked bool) ([]*x509.Certificate, []byte, error) {
	var peer []*x509.Certificate
	if asked {
		r, raw, err := h.receive(messageCertificate)
		if err != nil {
			return nil, nil, err
		}
		h.transcript.Write(raw)
		for list := (&reader{data: r.vector(3)}); len(list.data) > 0; {
			certificate, err := x509.ParseCertificate(list.vector(3))
			if err != nil {
				return nil, nil, err
			}
			peer = append(peer, certificate)
		}
	}
	r, raw, err := h.receive(messageClientKeyExchange)
	if err != nil {
		return nil, nil, err
	}
	h.transcript.Write(raw)
	public, err := ecdh.X25519().NewPublicKey(r.vector(1))
	if err != nil {
		return nil, nil, err
	}
	shared, err := h.private.ECDH(public)
	if err != nil {
		return nil, nil, err
	}
	if len(peer) > 0 {
		r, raw, err := h.receive(messageCertificateVerify)
		if err != nil {
			return nil, nil, err
		}
		if err := verifySignature(peer[0], binary.BigEndian.Uint16(r.take(2)), h.transcript.Sum(nil), r.vector(2)); err != nil {
			return nil, nil, err
		}
		h.transcript.Write(raw)
	}
	return peer, prf(shared, "master secret", slices.Concat(h.clientRandom, h.serverRandom), 48), nil
}

// verifySignature checks that the client has the key of its certificate.
func verifySignature(certificate *x509.Certificate, algorithm uint16, digest, signature []byte) error {
	ok := false
	switch key := certificate.PublicKey.(type) {
	case *ecdsa.PublicKey:
		ok = algorithm == ecdsaWithSHA256 && ecdsa.VerifyASN1(key, digest, signature)
	case *rsa.PublicKey:
		switch algorithm {
		case pssWithSHA256:
			ok = rsa.VerifyPSS(key, crypto.SHA256, digest, signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
		case pkcs1WithSHA256:
			ok = rsa.VerifyPKCS1v15(key, crypto.SHA256, digest, signature) == nil
		}
	}
	if !ok {
		return errors.New("the client does not prove that it has the key of its certificate")
	}
	return nil
}

// finish exchanges the two Finished messages and switches both directions to the new keys.
func (h *handshaking) finish(master []byte) error {
	keys := &reader{data: prf(master, "key expansion", slices.Concat(h.serverRandom, h.clientRandom), 2*keySize+2*saltSize)}
	clientKey, serverKey, clientSalt, serverSalt := keys.take(keySize), keys.take(keySize), keys.take(saltSize), keys.take(saltSize)

	for {
		kind, data, err := h.readRecord()
		if err != nil {
			return err
		}
		if kind == recordChangeCipherSpec {
			break
		}
		if kind != recordData || h.in.aead == nil {
			return fmt.Errorf("a record of type %d instead of ChangeCipherSpec", kind)
		}
		h.pending = append(h.pending, data...)
	}
	h.in = half{aead: gcm(clientKey), salt: clientSalt}
	clientVerify := prf(master, "client finished", h.transcript.Sum(nil), verifySize)
	r, raw, err := h.receive(messageFinished)
	if err != nil {
		return err
	}
	if !hmac.Equal(r.data, clientVerify) {
		return errors.New("the client's Finished is wrong")
	}
	h.transcript.Write(raw)
	serverVerify := prf(master, "server finished", h.transcript.Sum(nil), verifySize)
	if err := h.writeRecord(recordChangeCipherSpec, []byte{1}); err != nil {
		return err
	}
	h.outMu.Lock()
	h.out = half{aead: gcm(serverKey), salt: serverSalt}
	h.outMu.Unlock()
	if err := h.writeRecord(recordHandshake, message(messageFinished, serverVerify)); err != nil {
		return err
	}
	h.clientVerify, h.serverVerify = clientVerify, serverVerify
	return nil
}

func gcm(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // the key has 16 bytes
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // AES has the right block size
	}
	return aead
}

// prf is the pseudorandom function of TLS 1.2 with SHA-256 (RFC 5246, 5).
func prf(secret []byte, label string, seed []byte, size int) []byte {
	labelled := append([]byte(label), seed...)
	mac := func(parts ...[]byte) []byte {
		h := hmac.New(sha256.New, secret)
		for _, part := range parts {
			h.Write(part)
		}
		return h.Sum(nil)
	}
	var out []byte
	for a := mac(labelled); len(out) < size; a = mac(a) {
		out = append(out, mac(a, labelled)...)
	}
	return out[:size]
}
