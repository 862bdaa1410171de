// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package credential

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
)

// The vendor's names of IAM's calls.
const (
	opAssumeAgency = "CreateTemporaryAccessKeyByAgency"
	opKeysOfToken  = "CreateTemporaryAccessKeyByToken" //nolint:gosec // a name
	opTokenOfID    = "CreateUnscopedTokenWithIdToken"  //nolint:gosec // a name
)

// DefaultDuration is how long temporary keys live where nobody says. A run that lasts longer renews
// them.
const DefaultDuration = time.Hour

// Agency is a role of another account, or of the same one, that may be assumed.
type Agency struct {
	Name string
	// DomainName or DomainID is the account that the agency belongs to.
	DomainName, DomainID string
	// Duration is how long the keys live; 0 is DefaultDuration.
	Duration time.Duration
	// From tells people who named it; "" where there is nothing to tell.
	From string
}

// OIDC is what a token of an identity provider is exchanged with.
type OIDC struct {
	// Provider is the ID of the identity provider in IAM.
	Provider string
	// Token is an ID token. Where it is "", TokenFile is read, again for each exchange.
	Token, TokenFile string
	// DomainID is the account whose identity provider it is; "" lets IAM decide.
	DomainID string
	// Duration is how long the keys live; 0 is DefaultDuration.
	Duration time.Duration
	// From tells people where the token stands, such as in "id_token".
	From string
}

// IAM says how to reach IAM. Rest holds what all clients take, and the address.
type IAM struct {
	Rest rest.Config
}

func (i IAM) client(authorize func(context.Context, *http.Request, []byte) error) (*rest.Client, error) {
	config := i.Rest
	config.Service, config.Authorize, config.Quota = "Huawei Cloud IAM", authorize, rest.Quota{}
	return rest.New(config)
}

// Assume is a source of keys of an agency, which is assumed with the keys of base.
func (i IAM) Assume(base Source, agency Agency) (Source, error) {
	if agency.Name == "" || agency.DomainName == "" && agency.DomainID == "" {
		return nil, errors.New("an agency needs agency_name, and domain_name or domain_id")
	}
	var client *rest.Client
	client, err := i.client(func(ctx context.Context, r *http.Request, body []byte) error {
		keys, err := base.Keys(ctx)
		if err != nil {
			return err
		}
		client.Hide(keys.AccessKey, keys.SecretKey, keys.SecurityToken)
		keys.Sign(r, body, time.Now())
		return nil
	})
	if err != nil {
		return nil, err
	}
	assume := map[string]any{"agency_name": agency.Name, "duration_seconds": seconds(agency.Duration)}
	if agency.DomainID != "" {
		assume["domain_id"] = agency.DomainID
	} else {
		assume["domain_name"] = agency.DomainName
	}
	named := ""
	if agency.From != "" {
		named = " (" + agency.From + ")"
	}
	from := fmt.Sprintf("those of the agency %s of %s%s, assumed with keys %s", agency.Name, cmp.Or(agency.DomainName, agency.DomainID), named, cmp.Or(base.String(), "that were given"))
	// Five signatures in a row that are refused lock a key: what was refused once is not asked
	// again.
	var refused atomic.Pointer[rest.Error]
	source := newRenewed(from)
	source.fetch(func(ctx context.Context) (Keys, error) {
		if e := refused.Load(); e != nil {
			return Keys{}, e
		}
		keys, err := fetch(ctx, client, rest.Request{
			Operation: opAssumeAgency,
			Body:      auth(map[string]any{"methods": []string{"assume_role"}, "assume_role": assume}),
		})
		e, ok := errors.AsType[*rest.Error](err)
		if !ok {
			return keys, err
		}
		hint := ""
		switch {
		case e.Operation != opAssumeAgency: // of the keys to assume it with, whose source has said all
			return keys, e
		case unauthorized(e):
			hint = Refused(e)
		case asked(e):
			hint = "Check agency_name and domain_name or domain_id, that the agency trusts the account behind the keys, and that these may " +
				"assume it (the IAM action iam:agencies:assume)."
		}
		e = Credited(e, source, hint)
		if unauthorized(e) || e.Status == http.StatusForbidden {
			refused.Store(e)
		}
		return keys, e
	})
	return source, nil
}

// Exchange is a source of keys for the token of an identity provider.
func (i IAM) Exchange(oidc OIDC) (Source, error) {
	if oidc.Provider == "" || oidc.Token == "" && oidc.TokenFile == "" {
		return nil, errors.New("an exchange needs idp_id, and id_token or id_token_file")
	}
	client, err := i.client(nil)
	if err != nil {
		return nil, err
	}
	source := newRenewed(fmt.Sprintf("from the identity provider %s, for the token in %s", oidc.Provider, oidc.where()))
	source.fetch(func(ctx context.Context) (Keys, error) {
		subject, err := oidc.subjectToken(ctx, client)
		var keys Keys
		if err == nil {
			keys, err = fetch(ctx, client, rest.Request{
				Operation: opKeysOfToken,
				Body:      auth(map[string]any{"methods": []string{"token"}, "token": map[string]any{"id": subject, "duration_seconds": seconds(oidc.Duration)}}),
			})
		}
		e, ok := errors.AsType[*rest.Error](err)
		if !ok {
			return keys, err
		}
		hint := ""
		if asked(e) {
			hint = "Check idp_id, that the token has not expired and that the identity provider accepts its audience and maps its claims to a " +
				"user group."
		}
		return keys, Credited(e, source, hint)
	})
	return source, nil
}

// where is the place of the token, for people. The name of a file is not told: it may be the token,
// set in the wrong place.
func (o OIDC) where() string {
	if o.Token == "" {
		return cmp.Or(o.From, "id_token_file")
	}
	return cmp.Or(o.From, "id_token")
}

// subjectToken exchanges the ID token for a token of IAM.
func (o OIDC) subjectToken(ctx context.Context, client *rest.Client) (string, error) {
	token := o.Token
	if token == "" {
		text, err := shared.ReadFile(o.TokenFile)
		if err != nil {
			return "", fmt.Errorf("%s: %w", cmp.Or(o.From, "id_token_file"), err)
		}
		if token = strings.TrimSpace(string(text)); token == "" {
			return "", fmt.Errorf("%s: %s is empty", cmp.Or(o.From, "id_token_file"), o.TokenFile)
		}
	}
	client.Hide(token)
	body := map[string]any{"id_token": map[string]string{"id": token}}
	if o.DomainID != "" {
		body["scope"] = map[string]any{"domain": map[string]string{"id": o.DomainID}}
	}
	var subject string
	err := client.Do(ctx, rest.Request{
		Operation: opTokenOfID, Method: http.MethodPost, Path: "/v3.0/OS-AUTH/id-token/tokens", Kind: rest.Login,
		Header: http.Header{"X-Idp-Id": {o.Provider}}, Body: map[string]any{"auth": body},
		Decode: func(_ int, header http.Header, _ io.Reader) error {
			if subject = header.Get("X-Subject-Token"); subject == "" {
				return &rest.Error{Message: "answered without a token (X-Subject-Token)"}
			}
			client.Hide(subject)
			return nil
		},
	})
	return subject, err
}

func auth(identity map[string]any) any {
	return map[string]any{"auth": map[string]any{"identity": identity}}
}

func seconds(d time.Duration) int { return int(cmp.Or(d, DefaultDuration) / time.Second) }

// keysAnswer is what IAM and the metadata service answer.
type keysAnswer struct {
	Credential struct {
		Access        string `json:"access"`
		Secret        string `json:"secret"`
		SecurityToken string `json:"securitytoken"`
		ExpiresAt     string `json:"expires_at"`
	} `json:"credential"`
}

// keys reads an answer. The end is counted from the service's own clock, since this machine's may
// be wrong.
func (a keysAnswer) keys(header http.Header, now time.Time) (Keys, error) {
	c := a.Credential
	if c.Access == "" || c.Secret == "" || c.SecurityToken == "" {
		return Keys{}, errors.New("answered without keys")
	}
	expires, err := time.Parse(time.RFC3339, c.ExpiresAt)
	if err != nil {
		return Keys{}, errors.New("answered keys without a time at which they end")
	}
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		expires = now.Add(expires.Sub(date))
	}
	return Keys{AccessKey: c.Access, SecretKey: c.Secret, SecurityToken: c.SecurityToken, Expires: expires}, nil
}

// fetch asks IAM for temporary keys.
func fetch(ctx context.Context, client *rest.Client, r rest.Request) (Keys, error) {
	var keys Keys
	r.Method, r.Path, r.Kind = http.MethodPost, "/v3.0/OS-CREDENTIAL/securitytokens", rest.Login
	r.Decode = func(status int, header http.Header, body io.Reader) error {
		var answer keysAnswer
		if err := rest.DecodeJSON(&answer)(status, header, body); err != nil {
			return err
		}
		client.Hide(answer.Credential.Secret, answer.Credential.SecurityToken)
		var err error
		if keys, err = answer.keys(header, time.Now()); err != nil {
			return &rest.Error{Message: err.Error()}
		}
		return nil
	}
	err := client.Do(ctx, r)
	return keys, err
}
