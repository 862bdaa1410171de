// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
)

var venafiBlock = block{
	name:    "venafi",
	service: "Venafi Trust Protection Platform",
	description: "Venafi Trust Protection Platform (CyberArk, Palo Alto Networks). Needed only when something of this service is " +
		"used; what is left out or empty is read from the environment. Log in with exactly one of: `access_token`; `username` and " +
		"`password`; `jwt` or `jwt_file`; `client_certificate` and `client_key`; `client_p12` or `client_p12_file`. A login in the configuration wins over one of another kind in " +
		"the environment.",
	texts: []text{
		{
			name: "url", env: "VENAFI_URL", check: isURL,
			description: "The address of the platform, with or without `/vedsdk`. `http` is accepted for loopback addresses only.",
		},
		{
			name: "auth_url", env: "VENAFI_AUTH_URL", fallback: "`url`", check: isURL,
			description: "The address of the authentication server where it is another one, with or without `/vedauth`.",
		},
		{
			name: "access_token", env: "VENAFI_TOKEN", sensitive: true,
			description: "An access token, used as it is: it is neither renewed nor revoked. It needs the scope `admin`, and " +
				"`configuration` to look identities up.",
		},
		{
			name: "client_id", env: "VENAFI_CLIENT_ID",
			description: "The ID of the API integration to log in as. Needed for every login but `access_token`.",
		},
		{
			name: "username", env: "VENAFI_USER",
			description: "The user to log in with, with or without the prefix of the identity provider, such as `local:`.",
		},
		{
			name: "password", env: "VENAFI_PASS", sensitive: true, exact: true,
			description: "The password of `username`.",
		},
		{
			name: "jwt", env: "VENAFI_JWT", sensitive: true,
			description: "A JSON Web Token of an identity provider that the platform maps to an identity.",
		},
		{
			name: "jwt_file", env: "VENAFI_JWT_FILE",
			description: "A file with the JSON Web Token, in the place of `jwt`. It is read again at each login. Where no login is given " +
				"and `client_id` is, the workload identity token of HCP Terraform serves: `TFC_WORKLOAD_IDENTITY_TOKEN_VENAFI`, or " +
				"`TFC_WORKLOAD_IDENTITY_TOKEN`.",
		},
		{
			name: "client_certificate", env: "VENAFI_CLIENT_CERTIFICATE", check: isCertificates,
			description: "A client certificate to log in with, as PEM text, followed by its intermediates if there are any.",
		},
		{
			name: "client_key", env: "VENAFI_CLIENT_KEY", sensitive: true, check: isKey,
			description: "The private key of `client_certificate`, as PEM text. It may be encrypted, with `client_key_password`.",
		},
		{
			name: "client_key_password", env: "VENAFI_CLIENT_KEY_PASSWORD", sensitive: true, exact: true,
			description: "The password of an encrypted `client_key`.",
		},
		{
			name: "client_p12", env: "VENAFI_CLIENT_P12", sensitive: true,
			description: "A client certificate and its key to log in with, as a PKCS#12 file in base64, in the place of the two PEM texts.",
		},
		{
			name: "client_p12_file", env: "VENAFI_P12_CERTIFICATE",
			description: "A PKCS#12 file with a client certificate and its key, in the place of `client_p12`.",
		},
		{
			name: "client_p12_password", env: "VENAFI_P12_PASSWORD", sensitive: true, exact: true,
			description: "The password of `client_p12` or `client_p12_file`.",
		},
		{
			name: "scope", env: "VENAFI_SCOPE", fallback: "`admin;configuration`",
			description: "The scope to ask for when logging in.",
		},
	},
}

func (p *appaccess) venafiConfig(_ context.Context, s *settings) (venafi.Config, diag.Diagnostics) {
	if !s.has("url") {
		return venafi.Config{}, s.missing("url")
	}
	chosen, diags := chooseLogin(s)
	if diags.HasError() {
		return venafi.Config{}, diags
	}
	config := venafi.Config{
		Rest:     p.rest(s),
		URL:      s.get("url"),
		AuthURL:  s.get("auth_url"),
		ClientID: s.get("client_id"),
		Scope:    s.get("scope"),
	}
	// Only the chosen login is handed on: what the environment holds for another one must not be
	// sent.
	switch chosen.kind {
	case accessTokenLogin:
		config.AccessToken = s.get("access_token")
	case passwordLogin:
		config.Username, config.Password = s.get("username"), s.get("password")
	case jwtLogin:
		from, err := s.oneOf("jwt", "jwt_file")
		if err != nil {
			return venafi.Config{}, s.wrong(err)
		}
		if from == "jwt_file" {
			config.JWTFile = s.get(from)
		} else {
			config.JWT = s.get(from)
		}
		chosen.attributes = []string{from}
	case certificateLogin, p12Login:
		pair, err := keyPair(s, chosen.kind)
		if err != nil {
			return venafi.Config{}, s.wrong(err)
		}
		config.ClientCertificate = pair
	}
	config.From = s.sources(chosen.attributes)
	return config, nil
}
