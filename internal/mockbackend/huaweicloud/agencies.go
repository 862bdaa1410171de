// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// The vendor's names of the calls that give temporary keys. The metadata service has no names:
// these are the mock's own.
const (
	OpAssumeAgency   = "CreateTemporaryAccessKeyByAgency"
	OpKeysOfToken    = "CreateTemporaryAccessKeyByToken" //nolint:gosec // a name
	OpTokenOfIDToken = "CreateUnscopedTokenWithIdToken"  //nolint:gosec // a name
	OpMetadataToken  = "MetadataToken"
	OpMetadataKeys   = "MetadataSecurityKey"
)

const (
	pathSecurityTokens = "/v3.0/OS-CREDENTIAL/securitytokens" //nolint:gosec // a path
	pathIDToken        = "/v3.0/OS-AUTH/id-token/tokens"      //nolint:gosec // a path
	pathMetadataToken  = "/meta-data/latest/api/token"        //nolint:gosec // a path
	pathMetadataKeys   = "/openstack/latest/securitykey"
	// minKeyLife and maxKeyLife bound how long temporary keys live; those of a server live a day.
	minKeyLife, maxKeyLife = 15 * time.Minute, 24 * time.Hour
)

// Agency may be assumed by whoever has one of the access keys.
type Agency struct {
	Name       string   `json:"name"`
	DomainName string   `json:"domain_name"`
	DomainID   string   `json:"domain_id"`
	TrustedBy  []string `json:"trusted_by"`
}

// IdentityProvider accepts ID tokens. Their value is all that counts here: whoever tests issues
// them.
type IdentityProvider struct {
	ID string `json:"id"`
	// Tokens are left out of a snapshot; restoring a provider without any keeps them as they were.
	Tokens []string `json:"tokens,omitempty"`
}

// Identities are what IAM and the metadata service know besides key pairs.
type Identities struct {
	Agencies  []Agency           `json:"agencies,omitempty"`
	Providers []IdentityProvider `json:"identity_providers,omitempty"`
	// ServerAgency is whether the cloud server has an agency, so that its metadata service gives
	// keys.
	ServerAgency bool `json:"server_agency,omitempty"`
	// MetadataToken has the metadata service insist on a token of its own.
	MetadataToken bool `json:"metadata_token,omitempty"`
	// KeyLife is how long temporary keys really live; 0 is as long as was asked.
	KeyLife time.Duration `json:"-"`
}

// hidden leaves the tokens out.
func (i Identities) hidden() Identities {
	i.Providers = slices.Clone(i.Providers)
	for n := range i.Providers {
		i.Providers[n].Tokens = nil
	}
	return i
}

// completed gives providers without tokens those that they had.
func (i Identities) completed(old Identities) Identities {
	i.Providers = slices.Clone(i.Providers)
	for n, p := range i.Providers {
		if known := slices.IndexFunc(old.Providers, func(o IdentityProvider) bool { return o.ID == p.ID }); p.Tokens == nil && known >= 0 {
			i.Providers[n].Tokens = old.Providers[known].Tokens
		}
	}
	return i
}

// SetIdentities replaces what IAM and the metadata service know. Keys that were given before live
// on.
func (b *Backend) SetIdentities(identities Identities) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.identities = identities
}

// EndKeys ends the keys of a credential, as time ends temporary ones.
func (b *Backend) EndKeys(accessKey string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ends[accessKey] = b.svc.Time()
}

// identity is a route of IAM or of the metadata service, false where the path is none of theirs.
func (b *Backend) identity(r *http.Request) (string, http.HandlerFunc, bool) {
	switch r.Method + " " + r.URL.Path {
	case "POST " + pathSecurityTokens:
		return "SecurityTokens", b.securityTokens, true
	case "POST " + pathIDToken:
		return OpTokenOfIDToken, b.tokenOfIDToken, true
	case "PUT " + pathMetadataToken:
		return OpMetadataToken, b.metadataToken, true
	case "GET " + pathMetadataKeys:
		return OpMetadataKeys, b.metadataKeys, true
	}
	return "", nil, false
}

// iamFail answers in the form of IAM.
func iamFail(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("X-Iam-Trace-Id", newRequestID())
	wire.WriteJSON(w, status, map[string]any{"error": map[string]string{"code": code, "message": message, "title": http.StatusText(status)}})
}

// assumption is the body of the calls for temporary keys.
type assumption struct {
	Auth struct {
		Identity struct {
			Methods    []string `json:"methods"`
			AssumeRole *struct {
				AgencyName string `json:"agency_name"`
				DomainName string `json:"domain_name"`
				DomainID   string `json:"domain_id"`
				Duration   int    `json:"duration_seconds"`
			} `json:"assume_role"`
			Token *struct {
				ID       string `json:"id"`
				Duration int    `json:"duration_seconds"`
			} `json:"token"`
		} `json:"identity"`
	} `json:"auth"`
}

// securityTokens gives temporary keys, for the keys that sign the request and an agency, or for a
// token.
func (b *Backend) securityTokens(w http.ResponseWriter, r *http.Request) {
	var body assumption
	if err := json.Unmarshal(wire.Body(r), &body); err != nil || len(body.Auth.Identity.Methods) != 1 {
		wire.Violate(r, "body of %s", pathSecurityTokens)
		iamFail(w, http.StatusBadRequest, "1100", "Request parameter invalid.")
		return
	}
	identity := body.Auth.Identity
	switch method := identity.Methods[0]; {
	case method == "assume_role" && identity.AssumeRole != nil:
		credential, e := b.authenticate(r)
		if e != nil {
			refuse(w, r, *e, "not authenticated")
			return
		}
		role := identity.AssumeRole
		life, ok := keyLife(w, r, role.Duration)
		if !ok {
			return
		}
		if !b.trusts(role.AgencyName, role.DomainName, role.DomainID, credential.AccessKey) {
			iamFail(w, http.StatusForbidden, "1204", fmt.Sprintf("You are not authorized to assume the agency %s.", role.AgencyName))
			return
		}
		b.giveKeys(w, http.StatusCreated, life)
	case method == "token" && identity.Token != nil:
		life, ok := keyLife(w, r, identity.Token.Duration)
		if !ok {
			return
		}
		b.mu.Lock()
		end, known := b.subjectTokens[cmp.Or(identity.Token.ID, r.Header.Get("X-Auth-Token"))]
		b.mu.Unlock()
		if !known || b.svc.Time().After(end) {
			iamFail(w, http.StatusUnauthorized, "1101", "The token is invalid or has expired.")
			return
		}
		b.giveKeys(w, http.StatusCreated, life)
	default:
		wire.Violate(r, "method %s without its object", method)
		iamFail(w, http.StatusBadRequest, "1100", "Request parameter invalid.")
	}
}

func keyLife(w http.ResponseWriter, r *http.Request, seconds int) (time.Duration, bool) {
	life := time.Duration(seconds) * time.Second
	if seconds == 0 {
		life = minKeyLife
	}
	if life < minKeyLife || life > maxKeyLife {
		wire.Violate(r, "duration_seconds %d", seconds)
		iamFail(w, http.StatusBadRequest, "1100", "duration_seconds is out of range.")
		return 0, false
	}
	return life, true
}

func (b *Backend) trusts(agency, domainName, domainID, accessKey string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, a := range b.identities.Agencies {
		if a.Name != agency || (domainID == "" || domainID != a.DomainID) && (domainName == "" || domainName != a.DomainName) {
			continue
		}
		for _, trusted := range a.TrustedBy {
			if trusted == accessKey || trusted == "*" {
				return true
			}
		}
	}
	return false
}

// giveKeys makes temporary keys, which sign requests until they end.
func (b *Backend) giveKeys(w http.ResponseWriter, status int, life time.Duration) {
	b.mu.Lock()
	if b.identities.KeyLife > 0 {
		life = b.identities.KeyLife
	}
	now := b.svc.Time()
	c := Credential{AccessKey: "TMP" + strings.ToUpper(newRequestID()[:17]), SecretKey: "tmp-" + newRequestID(), SecurityToken: "sts-" + newRequestID() + newRequestID()}
	b.credentials[c.AccessKey] = c
	b.ends[c.AccessKey] = now.Add(life)
	b.mu.Unlock()
	w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
	wire.WriteJSON(w, status, map[string]any{"credential": map[string]string{
		"access": c.AccessKey, "secret": c.SecretKey, "securitytoken": c.SecurityToken,
		"expires_at": now.Add(life).UTC().Format("2006-01-02T15:04:05.000000Z"),
	}})
}

// tokenOfIDToken exchanges an ID token for a token of IAM.
func (b *Backend) tokenOfIDToken(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Auth struct {
			IDToken struct {
				ID string `json:"id"`
			} `json:"id_token"`
		} `json:"auth"`
	}
	if err := json.Unmarshal(wire.Body(r), &body); err != nil || body.Auth.IDToken.ID == "" {
		wire.Violate(r, "body of %s", pathIDToken)
		iamFail(w, http.StatusBadRequest, "1100", "Request parameter invalid.")
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.identities.Providers {
		if p.ID != r.Header.Get("X-Idp-Id") {
			continue
		}
		for _, token := range p.Tokens {
			if token != body.Auth.IDToken.ID {
				continue
			}
			subject := "subject-" + newRequestID() + newRequestID()
			b.subjectTokens[subject] = b.svc.Time().Add(maxKeyLife)
			w.Header().Set("X-Subject-Token", subject)
			wire.WriteJSON(w, http.StatusCreated, map[string]any{"token": map[string]any{"methods": []string{"mapped"}}})
			return
		}
		iamFail(w, http.StatusUnauthorized, "1112", "The ID token is invalid or has expired: "+body.Auth.IDToken.ID)
		return
	}
	iamFail(w, http.StatusNotFound, "1109", "Could not find the identity provider.")
}

// metadataToken gives a token of the metadata service.
func (b *Backend) metadataToken(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Metadata-Token-Ttl-Seconds") == "" {
		wire.Violate(r, "no X-Metadata-Token-Ttl-Seconds")
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.identities.MetadataToken {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	token := "metadata-" + newRequestID()
	b.subjectTokens[token] = b.svc.Time().Add(maxKeyLife)
	_, _ = w.Write([]byte(token))
}

// metadataKeys gives the keys of the server's agency.
func (b *Backend) metadataKeys(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	agency, insists := b.identities.ServerAgency, b.identities.MetadataToken
	_, known := b.subjectTokens[r.Header.Get("X-Metadata-Token")]
	b.mu.Unlock()
	switch {
	case insists && !known:
		w.WriteHeader(http.StatusUnauthorized)
	case !agency:
		http.Error(w, "Please configure Cloud Service Agency first", http.StatusNotFound)
	default:
		b.giveKeys(w, http.StatusOK, maxKeyLife)
	}
}

// ended tells whether temporary keys have ended; the caller holds b.mu.
func (b *Backend) ended(accessKey string, now time.Time) bool {
	end, temporary := b.ends[accessKey]
	return temporary && !now.Before(end)
}
