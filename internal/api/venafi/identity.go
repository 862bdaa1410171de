// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
)

// Identity is a user or group of an identity provider (vendor page "Identity Information").
type Identity struct {
	// Name is the bare name, PrefixedName the one with its provider, such as "local:admin".
	Name, PrefixedName, FullName string
	// PrefixedUniversal is what roles are granted to, such as
	// "local:{5be5a591-c842-4520-9142-b455f4ad2286}".
	PrefixedUniversal string
	// Prefix is the provider, Universal the ID that it gives.
	Prefix, Universal string
	IsGroup           bool
	// Type says what it is: 1 user, 2 security group, 8 distribution group, 32 container; a sum of
	// these.
	Type IdentityType
	// State is 0 when there is nothing to say, else a sum of 1 disabled, 2 locked out, 4 deleted, 8
	// not verifiable.
	State int
}

// IdentityType are the flags of an identity's type.
type IdentityType int

// Flags of IdentityType.
const (
	UserIdentity      IdentityType = 1
	SecurityGroup     IdentityType = 2
	DistributionGroup IdentityType = 8
	Container         IdentityType = 32
)

// identityEntry is an identity on the wire.
type identityEntry struct {
	Name, PrefixedName, FullName, PrefixedUniversal, Prefix, Universal rest.Text

	IsGroup bool
	Type    rest.Number
	State   rest.Number
}

func (e identityEntry) identity() Identity {
	kind, _ := e.Type.Int()
	state, _ := e.State.Int()
	return Identity{
		Name: string(e.Name), PrefixedName: string(e.PrefixedName), FullName: string(e.FullName), PrefixedUniversal: string(e.PrefixedUniversal),
		Prefix: string(e.Prefix), Universal: string(e.Universal),
		IsGroup: e.IsGroup || IdentityType(kind)&(SecurityGroup|DistributionGroup) != 0,
		Type:    IdentityType(kind), State: int(state),
	}
}

// IdentityByName looks an identity up by its prefixed name, such as "local:admin" (vendor page
// "POST Identity/Validate"). found is false when there is none of that name.
func (c *Client) IdentityByName(ctx context.Context, prefixedName string) (identity Identity, found bool, err error) {
	return c.validate(ctx, map[string]string{"PrefixedName": prefixedName})
}

// IdentityByID looks an identity up by its prefixed universal ID.
func (c *Client) IdentityByID(ctx context.Context, prefixedUniversal string) (identity Identity, found bool, err error) {
	return c.validate(ctx, map[string]string{"PrefixedUniversal": prefixedUniversal})
}

func (c *Client) validate(ctx context.Context, id map[string]string) (Identity, bool, error) {
	var answer struct{ ID *identityEntry }
	err := c.call(ctx, c.api, rest.Request{
		Operation: "IdentityValidate",
		Method:    http.MethodPost,
		Path:      "/vedsdk/identity/validate",
		Body:      map[string]any{"ID": id},
		Decode: func(_ int, _ http.Header, body io.Reader) error {
			return rest.WithBody(body, func(b []byte) error {
				answer.ID = nil
				if len(bytes.TrimSpace(b)) == 0 {
					return nil // there is no such identity
				}
				return rest.UnmarshalJSON(b, &answer)
			})
		},
	})
	if err != nil || answer.ID == nil || answer.ID.PrefixedUniversal == "" {
		return Identity{}, false, err
	}
	return answer.ID.identity(), true, nil
}

// Self returns the identity that the client is logged in as, and its groups (vendor page "GET
// Identity/Self").
func (c *Client) Self(ctx context.Context) (Identity, []Identity, error) {
	var answer struct{ Identities []json.RawMessage }
	err := c.call(ctx, c.api, rest.Request{
		Operation: "IdentitySelf",
		Path:      "/vedsdk/identity/self",
		Decode:    rest.DecodeJSON(&answer),
	})
	if err != nil {
		return Identity{}, nil, err
	}
	var identities []Identity
	for _, raw := range answer.Identities {
		var entry identityEntry
		if err := json.Unmarshal(raw, &entry); err != nil {
			return Identity{}, nil, fmt.Errorf("%s: IdentitySelf: the server answered an identity of an unexpected shape: %w", serviceName, err)
		}
		identities = append(identities, entry.identity())
	}
	if len(identities) == 0 || identities[0].PrefixedUniversal == "" {
		return Identity{}, nil, errors.New(serviceName + ": IdentitySelf: the server did not say who the caller is")
	}
	return identities[0], identities[1:], nil
}

// WhoAmI returns the prefixed universal ID of the identity that the client is logged in as. A login
// says it; for an access token that was given the server is asked, once.
func (c *Client) WhoAmI(ctx context.Context) (string, error) {
	token, err := c.tokens.Source(ctx).Token()
	if err != nil {
		return "", err
	}
	if identity, _ := token.Extra("identity").(string); isPrefixedUniversal(identity) {
		return identity, nil
	}
	return c.self.Get(ctx, 0)
}

// askWhoAmI asks the server. Any token may ask the first question; the second may want a scope.
func (c *Client) askWhoAmI(ctx context.Context, _ shared.Moment) (string, error) {
	token, err := c.tokens.Source(ctx).Token()
	if err != nil {
		return "", err
	}
	if grant, err := c.Verify(ctx, token.AccessToken); err == nil && isPrefixedUniversal(grant.Identity) {
		return grant.Identity, nil
	}
	self, _, err := c.Self(ctx)
	return self.PrefixedUniversal, err
}

// IsOwn tells whether a grantee is the identity that the client is logged in as.
func (c *Client) IsOwn(ctx context.Context, grantee string) (bool, error) {
	identity, err := c.WhoAmI(ctx)
	if err != nil {
		return false, err
	}
	return SameGrantee(identity, grantee), nil
}

// isPrefixedUniversal tells an ID from a prefixed name, which some answers may hold instead.
func isPrefixedUniversal(s string) bool {
	prefix, universal, ok := strings.Cut(s, ":")
	return ok && prefix != "" && IsGUID(universal)
}

// OwnRole is the role of the caller.
type OwnRole struct {
	// Role may be User or MixedOwnerMaintainer too.
	Role Role
	// PermittedApplications are the applications that a maintainer or owner may work on,
	// OwnedApplications those among them that the caller owns. Global roles have neither.
	PermittedApplications, OwnedApplications []string
}

// GetRole returns the caller's own role, whatever that is (vendor page "POST OAuth/GetRole").
func (c *Client) GetRole(ctx context.Context) (OwnRole, error) {
	var own OwnRole
	err := c.call(ctx, c.api, rest.Request{
		Operation: "GetRole",
		Method:    http.MethodPost,
		Path:      "/vedsdk/oauth/getrole",
		Body:      struct{}{},
		Decode: func(_ int, _ http.Header, body io.Reader) error {
			return rest.WithBody(body, func(b []byte) error {
				var err error
				own, err = decodeOwnRole(b)
				return err
			})
		},
	})
	return own, err
}

// OwnRole is GetRole, asked once for all of a run.
func (c *Client) OwnRole(ctx context.Context) (OwnRole, error) { return c.own.Get(ctx, 0) }

func decodeOwnRole(b []byte) (OwnRole, error) {
	var answer struct {
		envelope

		Role *struct {
			Role                  rest.Number
			PermittedApplications []string
			OwnedApplications     []struct {
				ApplicationID string `json:"ApplicationId"`
			}
		}
	}
	if err := rest.UnmarshalJSON(b, &answer); err != nil {
		return OwnRole{}, err
	}
	if err := answer.failure(); err != nil {
		return OwnRole{}, err
	}
	if answer.Role == nil {
		return OwnRole{}, errors.New("the server answered no role")
	}
	role, ok := answer.Role.Role.Int()
	if !ok {
		return OwnRole{}, errors.New("the server answered a role without a number")
	}
	own := OwnRole{Role: Role(role), PermittedApplications: answer.Role.PermittedApplications}
	for _, owned := range answer.Role.OwnedApplications {
		own.OwnedApplications = append(own.OwnedApplications, owned.ApplicationID)
	}
	return own, nil
}
