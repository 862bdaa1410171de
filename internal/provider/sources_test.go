// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"net/http"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/enos"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// huaweicloudSources are the ways to prove who one is to Huawei Cloud, with the answers that each
// gets. A key pair does not end: what expires is a signature, where a clock is wrong.
func huaweicloudSources() map[string]source {
	keys := []string{"HW_ACCESS_KEY", acctest.HuaweicloudAccessKey, "HW_SECRET_KEY", acctest.HuaweicloudSecretKey}
	agency := append([]string{"HW_ASSUME_ROLE_AGENCY_NAME", "operators", "HW_ASSUME_ROLE_DOMAIN_NAME", "corp"}, keys...)
	profile := func(name string) change { return env("HW_SHARED_CONFIG_FILE", "$profiles", "HW_PROFILE", name) }
	clock := fault(wire.Fault{Kind: wire.Status, Status: http.StatusUnauthorized, Body: `{"error_code":"APIGW.0301",` +
		`"error_msg":"Incorrect IAM authentication information: verify aksk signature fail:signature expired"}`})

	fromKeys := []string{"The credentials are from the environment: huaweicloud.access_key (HW_ACCESS_KEY), huaweicloud.secret_key (HW_SECRET_KEY)"}
	fromTemporary := append([]string{"huaweicloud.security_token (HW_SECURITY_TOKEN)"}, fromKeys...)
	const inProfile = "config.json (huaweicloud.profile, from the environment variable HW_PROFILE; huaweicloud.shared_config_file, from the environment variable HW_SHARED_CONFIG_FILE)"
	fromProfile := func(name string) []string {
		return []string{"The credentials are from profile " + name + " in ", inProfile}
	}
	const noProfile, noFile = "huaweicloud.profile (environment variable HW_PROFILE)", "huaweicloud.shared_config_file (environment variable HW_SHARED_CONFIG_FILE)"
	fromAgency := []string{"those of the agency ", " of corp (huaweicloud.assume_role.agency_name, from the environment variable HW_ASSUME_ROLE_AGENCY_NAME), assumed with keys from the environment: huaweicloud.access_key (HW_ACCESS_KEY)"}
	ofToken := func(attribute, variable string) []string {
		return []string{"from the identity provider gitlab, for the token in huaweicloud.assume_role_with_oidc." + attribute + ", from the environment variable " + variable}
	}
	fromToken, fromTokenFile := ofToken("id_token", "HW_ASSUME_ROLE_ID_TOKEN"), ofToken("id_token_file", "HW_ASSUME_ROLE_ID_TOKEN_FILE")
	fromHCP := ofToken("id_token", "TFC_WORKLOAD_IDENTITY_TOKEN_HUAWEICLOUD")
	and := func(words []string, more ...string) []string { return append(more, words...) }

	return map[string]source{
		"keys": {"huaweicloud", env(keys...), map[string]answer{
			wrong:   {env("HW_SECRET_KEY", wrongSecret), fromKeys},
			expired: {clock, and(fromKeys, "The clock of this machine")},
			slow:    {delay(""), withNoTime()},
		}},
		"temporary keys": {"huaweicloud", env("HW_ACCESS_KEY", temporaryKey, "HW_SECRET_KEY", temporarySK, "HW_SECURITY_TOKEN", temporaryToken), map[string]answer{
			wrong:   {env("HW_SECURITY_TOKEN", wrongSecret), fromTemporary},
			expired: {endedKeys, and(fromTemporary, "expired")},
			slow:    {delay(""), withNoTime()},
		}},
		"profile": {"huaweicloud", profile("keys"), map[string]answer{
			wrong:             {profile("wrong keys"), fromProfile("wrong keys")},
			expired:           {clock, and(fromProfile("keys"), "The clock of this machine")},
			slow:              {delay(""), withNoTime()},
			"of another name": {profile("staging"), []string{noProfile, "no profile of that name. It has keys, wrong keys"}},
			"encrypted":       {profile("encrypted"), []string{noProfile, "not in plain text", "--cli-auth-encrypt=false"}},
			"encrypted file":  {env("HW_SHARED_CONFIG_FILE", "$encryptedProfiles", "HW_PROFILE", ""), []string{noFile, "is not JSON. If it is encrypted", "--cli-auth-encrypt=false"}},
			"no file":         {env("HW_SHARED_CONFIG_FILE", "$nowhere"), []string{noFile, "no such file"}},
		}},
		"the current profile": {"huaweicloud", env("HW_SHARED_CONFIG_FILE", "$profiles"), map[string]answer{}},
		"profile with temporary keys": {"huaweicloud", profile("temporary"), map[string]answer{
			wrong:   {profile("wrong temporary"), fromProfile("wrong temporary")},
			expired: {endedKeys, and(fromProfile("temporary"), "expired")},
			slow:    {delay(""), withNoTime()},
		}},
		"profile after a login with single sign-on": {"huaweicloud", profile("sso"), map[string]answer{
			wrong:        {profile("wrong sso"), fromProfile("wrong sso")},
			expired:      {endedKeys, and(fromProfile("sso"), "expired", "log in again")},
			slow:         {delay(""), withNoTime()},
			"logged out": {profile("logged out"), []string{noProfile, "profile logged out in ", "hcloud configure sso"}},
		}},
		"profile with an agency": {"huaweicloud", profile("agency"), map[string]answer{
			wrong:   {profile("wrong agency"), []string{"those of the agency admins of corp", "assumed with keys from profile wrong agency in", inProfile}},
			expired: {endedAtOnce, []string{"expired", "those of the agency operators", inProfile}},
			slow:    {delay("SecurityTokens"), withNoTime("those of the agency operators", inProfile)},
		}},
		"agency": {"huaweicloud", env(agency...), map[string]answer{
			wrong:        {env("HW_ASSUME_ROLE_AGENCY_NAME", "admins"), and(fromAgency, "403", "iam:agencies:assume")},
			"wrong keys": {env("HW_SECRET_KEY", wrongSecret), and(fromAgency, "401", "The signature does not hold")},
			expired:      {endedAtOnce, and(fromAgency, "expired")},
			slow:         {delay("SecurityTokens"), withNoTime(fromAgency...)},
		}},
		"ID token": {"huaweicloud", env("HW_ASSUME_ROLE_IDP_ID", "gitlab", "HW_ASSUME_ROLE_ID_TOKEN", idToken), map[string]answer{
			wrong:              {env("HW_ASSUME_ROLE_ID_TOKEN", wrongSecret), and(fromToken, "401", "has not expired")},
			expired:            {endedAtOnce, and(fromToken, "expired")},
			slow:               {delay(huaweicloud.OpTokenOfIDToken), withNoTime(fromToken...)},
			"another provider": {env("HW_ASSUME_ROLE_IDP_ID", "github"), []string{"404", "idp_id", "from the identity provider github"}},
		}},
		"ID token of a file, and an agency": {"huaweicloud", env("HW_ASSUME_ROLE_IDP_ID", "gitlab", "HW_ASSUME_ROLE_ID_TOKEN_FILE", "$idTokenFile",
			"HW_ASSUME_ROLE_AGENCY_NAME", "pipelines", "HW_ASSUME_ROLE_DOMAIN_ID", "d0"), map[string]answer{
			wrong:            {env("HW_ASSUME_ROLE_ID_TOKEN_FILE", "$secretFile"), and(fromTokenFile, "401", "has not expired")},
			expired:          {endedAtOnce, and(fromTokenFile, "expired")},
			slow:             {delay(huaweicloud.OpTokenOfIDToken), withNoTime(fromTokenFile...)},
			"no file":        {env("HW_ASSUME_ROLE_ID_TOKEN_FILE", "$nowhere"), []string{"huaweicloud.assume_role_with_oidc.id_token_file, from the environment variable HW_ASSUME_ROLE_ID_TOKEN_FILE", "no such file"}},
			"another agency": {env("HW_ASSUME_ROLE_AGENCY_NAME", "admins"), and(fromTokenFile, "those of the agency admins of d0 (huaweicloud.assume_role_with_oidc.agency_name, from the environment variable HW_ASSUME_ROLE_AGENCY_NAME)")},
		}},
		"ID token of HCP Terraform": {"huaweicloud", env("HW_ASSUME_ROLE_IDP_ID", "gitlab", "TFC_WORKLOAD_IDENTITY_TOKEN_HUAWEICLOUD", idToken), map[string]answer{
			wrong:   {env("TFC_WORKLOAD_IDENTITY_TOKEN_HUAWEICLOUD", wrongSecret), and(fromHCP, "401", "has not expired")},
			expired: {endedAtOnce, and(fromHCP, "expired")},
			slow:    {delay(huaweicloud.OpTokenOfIDToken), withNoTime(fromHCP...)},
		}},
		"metadata": {"huaweicloud", env(), map[string]answer{
			wrong:   {noIdentities, []string{"huaweicloud.access_key (environment variable HW_ACCESS_KEY)", noProfile, "the metadata service answered 404", "give the server an agency"}},
			expired: {endedAtOnce, []string{"expired", "from the metadata service of this cloud server"}},
			slow:    {delay(huaweicloud.OpMetadataKeys), []string{"huaweicloud.access_key (environment variable HW_ACCESS_KEY)", "no answer within 1s"}},
		}},
	}
}

// otherSources are the ways to prove who one is to EnOS and to Venafi. Where the provider gets a
// token itself, it gets another one when that has ended.
func otherSources() map[string]source {
	login := func(names ...string) []string {
		wants := []string{"login failed", "The login is "}
		for i := 0; i < len(names); i += 2 {
			wants = append(wants, "venafi."+names[i]+", from the environment variable "+names[i+1])
		}
		return wants
	}
	password := login("username", "VENAFI_USER", "password", "VENAFI_PASS")
	jwt, jwtFile, hcp := login("jwt", "VENAFI_JWT"), login("jwt_file", "VENAFI_JWT_FILE"), login("jwt", "TFC_WORKLOAD_IDENTITY_TOKEN_VENAFI")
	certificate := login("client_certificate", "VENAFI_CLIENT_CERTIFICATE", "client_key", "VENAFI_CLIENT_KEY")
	p12, p12File := login("client_p12", "VENAFI_CLIENT_P12"), login("client_p12_file", "VENAFI_P12_CERTIFICATE")
	token := []string{"The login is venafi.access_token, from the environment variable VENAFI_TOKEN"}
	enosKeys := []string{"enos.access_key, from the environment variable ENOS_ACCESS_KEY", "enos.secret_key, from the environment variable ENOS_SECRET_KEY"}
	const wrongP12 = "venafi.client_p12_password (environment variable VENAFI_P12_PASSWORD)"
	p12Of := func(variable, value string) change { return env(variable, value, "VENAFI_P12_PASSWORD", keyPassword) }
	and := func(words []string, more ...string) []string { return append(more, words...) }

	return map[string]source{
		"EnOS": {"enos", env("ENOS_ACCESS_KEY", acctest.EnosAccessKey, "ENOS_SECRET_KEY", acctest.EnosSecretKey), map[string]answer{
			wrong:   {env("ENOS_SECRET_KEY", wrongSecret), enosKeys},
			expired: {fault(wire.Fault{Operation: enos.GetApplicationInformation, Kind: enos.FaultTokenExpired, Times: 1}), nil},
			slow:    {delay("GetAccessToken"), withNoTime(enosKeys...)},
		}},
		"password": {"venafi", env("VENAFI_USER", acctest.VenafiUser, "VENAFI_PASS", acctest.VenafiPassword), map[string]answer{
			wrong:   {env("VENAFI_PASS", wrongSecret), password},
			expired: {fault(wire.Fault{Kind: venafi.FaultTokenExpired, Times: 2}), nil}, // the login is the first
			slow:    {delay("AuthorizeOAuth"), withNoTime(password...)},
		}},
		"JWT": {"venafi", env("VENAFI_JWT", "$jwt"), map[string]answer{
			wrong:   {env("VENAFI_JWT", wrongSecret), jwt},
			expired: {env("VENAFI_JWT", "$expiredJWT"), and(jwt, "has not expired")},
			slow:    {delay("AuthorizeJwt"), withNoTime(jwt...)},
		}},
		"JWT of a file": {"venafi", env("VENAFI_JWT_FILE", "$jwtFile"), map[string]answer{
			wrong:     {env("VENAFI_JWT_FILE", "$secretFile"), jwtFile},
			expired:   {env("VENAFI_JWT_FILE", "$expiredJWTFile"), and(jwtFile, "has not expired")},
			slow:      {delay("AuthorizeJwt"), withNoTime(jwtFile...)},
			"no file": {env("VENAFI_JWT_FILE", "$nowhere"), and(jwtFile, "no such file")},
		}},
		"JWT of HCP Terraform": {"venafi", env("TFC_WORKLOAD_IDENTITY_TOKEN_VENAFI", "$jwt"), map[string]answer{
			wrong:   {env("TFC_WORKLOAD_IDENTITY_TOKEN_VENAFI", wrongSecret), hcp},
			expired: {env("TFC_WORKLOAD_IDENTITY_TOKEN_VENAFI", "$expiredJWT"), and(hcp, "has not expired")},
			slow:    {delay("AuthorizeJwt"), withNoTime(hcp...)},
		}},
		"certificate": {"venafi", env("VENAFI_CLIENT_CERTIFICATE", "$certificate", "VENAFI_CLIENT_KEY", "$key"), map[string]answer{
			wrong:   {env("VENAFI_CLIENT_CERTIFICATE", "$otherCertificate", "VENAFI_CLIENT_KEY", "$otherKey"), certificate},
			expired: {env("VENAFI_CLIENT_CERTIFICATE", "$expiredCertificate", "VENAFI_CLIENT_KEY", "$expiredKey"), certificate},
			slow:    {delay("AuthorizeCertificate"), withNoTime(certificate...)},
		}},
		"certificate with an encrypted key": {"venafi", env("VENAFI_CLIENT_CERTIFICATE", "$certificate", "VENAFI_CLIENT_KEY", "$encryptedKey", "VENAFI_CLIENT_KEY_PASSWORD", keyPassword), map[string]answer{
			wrong:   {env("VENAFI_CLIENT_KEY_PASSWORD", wrongSecret), []string{"venafi.client_key, from the environment variable VENAFI_CLIENT_KEY", "check client_key_password (environment variable VENAFI_CLIENT_KEY_PASSWORD)"}},
			expired: {env("VENAFI_CLIENT_CERTIFICATE", "$expiredCertificate", "VENAFI_CLIENT_KEY", "$expiredEncryptedKey"), certificate},
			slow:    {delay("AuthorizeCertificate"), withNoTime(certificate...)},
		}},
		"PKCS#12": {"venafi", p12Of("VENAFI_CLIENT_P12", "$p12"), map[string]answer{
			wrong:   {env("VENAFI_P12_PASSWORD", wrongSecret), []string{"venafi.client_p12, from the environment variable VENAFI_CLIENT_P12", wrongP12}},
			expired: {env("VENAFI_CLIENT_P12", "$expiredP12"), p12},
			slow:    {delay("AuthorizeCertificate"), withNoTime(p12...)},
		}},
		"PKCS#12 file": {"venafi", p12Of("VENAFI_P12_CERTIFICATE", "$p12File"), map[string]answer{
			wrong:     {env("VENAFI_P12_PASSWORD", wrongSecret), []string{"venafi.client_p12_file, from the environment variable VENAFI_P12_CERTIFICATE", wrongP12}},
			expired:   {env("VENAFI_P12_CERTIFICATE", "$expiredP12File"), p12File},
			slow:      {delay("AuthorizeCertificate"), withNoTime(p12File...)},
			"no file": {env("VENAFI_P12_CERTIFICATE", "$nowhere"), []string{"venafi.client_p12_file, from the environment variable VENAFI_P12_CERTIFICATE", "no such file"}},
		}},
		"access token": {"venafi", env("VENAFI_TOKEN", "$accessToken"), map[string]answer{
			wrong:   {env("VENAFI_TOKEN", wrongSecret), token},
			expired: {func(w *identityWorld, _ map[string]string) { w.Venafi.KillTokens() }, and(token, "has expired or was revoked")},
			slow:    {delay(""), withNoTime()},
		}},
		"two logins": {"venafi", env("VENAFI_USER", acctest.VenafiUser, "VENAFI_PASS", acctest.VenafiPassword), map[string]answer{
			wrong: {env("VENAFI_TOKEN", "$accessToken"), []string{
				"venafi.access_token, from the environment variable VENAFI_TOKEN", "venafi.username, from the environment variable VENAFI_USER",
			}},
		}},
	}
}
