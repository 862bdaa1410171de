// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"crypto/x509"
	"encoding/asn1"
	"net/http"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// Where a client certificate names its user.
const (
	sourceCN    = "CN"
	sourceUPN   = "SAN:UPN"
	sourceEmail = "SAN:EMAIL"
)

func invalidGrant(description string) reply {
	return refuse(http.StatusBadRequest, "invalid_grant", description)
}

// loginPassword answers "POST Authorize/OAuth".
func (b *Backend) loginPassword(c *call) reply {
	c.known("client_id", "username", "password", "scope", "state")
	values, complete := c.required("client_id", "scope", "username", "password")
	state, isText := c.text("state")
	if !complete || !isText {
		return invalidRequest()
	}
	wire.Note(c.r, "username", values[2])
	c.secret = values[3]
	identity := b.directory.named(values[2])
	if identity != nil && (identity.Password == "" || identity.Password != values[3]) {
		identity = nil
	}
	return b.login(c, values[0], values[1], identity, "Username or password is incorrect", func(answer *tokenAnswer) { answer.State = state })
}

// loginCertificate answers "POST Authorize/Certificate". The TLS connection must have asked for a
// certificate.
func (b *Backend) loginCertificate(c *call) reply {
	c.known("client_id", "scope")
	values, complete := c.required("client_id", "scope")
	switch {
	case !complete:
		return invalidRequest()
	case b.switches.CertificateLogin == CertificateDisabled:
		return refuse(http.StatusBadRequest, "unauthorized_client", "Certificate authentication is not enabled")
	case c.r.TLS == nil || len(c.r.TLS.PeerCertificates) == 0:
		return invalidGrant("A client certificate was not supplied")
	}
	certificate := c.r.TLS.PeerCertificates[0]
	if !b.trusted(c.r.TLS.PeerCertificates) {
		return invalidGrant("The client certificate is not trusted")
	}
	return b.login(c, values[0], values[1], b.certificateUser(certificate), "The client certificate maps to no identity", nil)
}

// trusted verifies a client certificate against the configured authorities.
func (b *Backend) trusted(chain []*x509.Certificate) bool {
	now := b.service.Time()
	if now.Before(chain[0].NotBefore) || now.After(chain[0].NotAfter) {
		return false
	}
	if b.clientCAs == nil {
		return true
	}
	intermediates := x509.NewCertPool()
	for _, certificate := range chain[1:] {
		intermediates.AddCert(certificate)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{
		Roots: b.clientCAs, Intermediates: intermediates, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	return err == nil
}

// certificateUser finds the identity that a certificate names.
func (b *Backend) certificateUser(certificate *x509.Certificate) *Identity {
	switch b.configuration.CertificateSource {
	case sourceUPN:
		upn := userPrincipalName(certificate)
		return b.directory.find(func(i *Identity) bool { return upn != "" && strings.EqualFold(i.UPN, upn) })
	case sourceEmail:
		return b.directory.find(func(i *Identity) bool {
			for _, email := range certificate.EmailAddresses {
				if strings.EqualFold(i.Email, email) {
					return true
				}
			}
			return false
		})
	}
	if certificate.Subject.CommonName == "" {
		return nil
	}
	return b.directory.named(certificate.Subject.CommonName)
}

var (
	oidSubjectAltName    = asn1.ObjectIdentifier{2, 5, 29, 17}
	oidUserPrincipalName = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 20, 2, 3}
)

// userPrincipalName returns the first UPN among the alternative names, which are an otherName that
// crypto/x509 skips.
func userPrincipalName(certificate *x509.Certificate) string {
	for _, extension := range certificate.Extensions {
		var names []asn1.RawValue
		if !extension.Id.Equal(oidSubjectAltName) {
			continue
		}
		if _, err := asn1.Unmarshal(extension.Value, &names); err != nil {
			continue
		}
		for _, name := range names {
			var other struct {
				ID    asn1.ObjectIdentifier
				Value string `asn1:"utf8,explicit,tag:0"`
			}
			if name.Class != asn1.ClassContextSpecific || name.Tag != 0 {
				continue
			}
			if _, err := asn1.UnmarshalWithParams(name.FullBytes, &other, "tag:0"); err == nil && other.ID.Equal(oidUserPrincipalName) {
				return other.Value
			}
		}
	}
	return ""
}

// loginJwt answers "POST Authorize/Jwt".
func (b *Backend) loginJwt(c *call) reply {
	c.known("client_id", "scope", "jwt")
	values, complete := c.required("client_id", "scope", "jwt")
	if !complete {
		return invalidRequest()
	}
	if b.switches.JwtLogin == CertificateDisabled {
		return refuse(http.StatusBadRequest, "unauthorized_client", "JWT authentication is not enabled")
	}
	c.secret = values[2]
	user, err := b.jwtUser(values[2])
	if err != nil {
		return invalidGrant(err.Error())
	}
	identity := b.directory.universal(user)
	if identity == nil {
		identity = b.directory.named(user)
	}
	return b.login(c, values[0], values[1], identity, "The JWT maps to no identity", func(answer *tokenAnswer) {
		if b.switches.JwtAnswer != JwtAnswerFull {
			answer.Expires, answer.ExpiresIn, answer.RefreshUntil, answer.TokenType = 0, 0, 0, ""
		}
	})
}

// login opens a session for an identity that has proved itself; nil is one that has not.
func (b *Backend) login(c *call, clientID, scopeText string, identity *Identity, unknown string, finish func(*tokenAnswer)) reply {
	wire.Note(c.r, "client_id", clientID, "scope", scopeText)
	application := b.byID[clientID]
	if application == nil {
		return refuse(http.StatusBadRequest, "invalid_client", "The client_id is unknown")
	}
	if identity == nil || identity.Disabled || identity.IsGroup {
		return invalidGrant(unknown)
	}
	granted, err := parseScope(scopeText)
	if err != nil {
		wire.Violate(c.r, "%v", err)
		return refuse(http.StatusBadRequest, "invalid_scope", "The requested scope is malformed")
	}
	maximum, _ := parseScope(application.MaximumScope) // checked with the seed; none allows nothing
	if lacking := granted.within(maximum); lacking != "" {
		return refuse(http.StatusBadRequest, "invalid_scope", "The requested scope '"+lacking+"' is beyond what the application allows")
	}
	rule := b.ruleFor(application.ID, identity.PrefixedUniversal())
	switch {
	case rule != nil:
		allowed, _ := parseScope(rule.MaximumScope) // checked when the rule was made
		if lacking := granted.within(allowed); lacking != "" {
			return refuse(http.StatusBadRequest, "invalid_scope", "The requested scope '"+lacking+"' is beyond what the rule of the user allows")
		}
	case application.Restricted:
		return invalidGrant("Failed to issue grant: User is not authorized for the requested scope")
	}
	answer := b.tokenAnswer(b.open(application, identity.PrefixedUniversal(), scopeText, granted))
	answer.Identity = identity.PrefixedUniversal()
	if finish != nil {
		finish(&answer)
	}
	return ok(answer)
}
