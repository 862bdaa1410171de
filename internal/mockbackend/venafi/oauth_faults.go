// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/hostile"

var ruleBodies = hostile.Bodies{
	Head: `{"Result":0,"Success":true,"Rules":[`, Element: `{"ApplicationId":"a","TrusteePrefixedUniversal":"local:giant","MaximumScope":"certificate"}`, Tail: `]}`,
	TextHead: `{"Result":0,"Success":true,"Rules":[{"ApplicationId":"a","MaximumScope":"certificate","TrusteePrefixedUniversal":"`, TextTail: `"}]}`,
	Nulls:       `{"Result":0,"Success":true,"Rules":[null,{"ApplicationId":null,"TrusteePrefixedUniversal":null,"MaximumScope":null,"AccessValidity":null}]}`,
	WrongTypes:  `{"Result":0,"Success":true,"Rules":[{"ApplicationId":7,"TrusteePrefixedUniversal":[],"MaximumScope":{},"AccessValidity":"long"}]}`,
	InvalidUTF8: "{\"Result\":0,\"Success\":true,\"Rules\":[{\"ApplicationId\":\"a\",\"TrusteePrefixedUniversal\":\"local:\xff\"}]}",
	UnknownEnum: `{"Result":0,"Success":true,"Rules":[{"ApplicationId":"a","TrusteePrefixedUniversal":"","MaximumScope":"?","AccessValidity":-1}]}`,
}

var applicationBodies = hostile.Bodies{
	Head: `{"Result":0,"Success":true,"Applications":[`, Element: `{"ID":"giant","Name":"giant"}`, Tail: `]}`,
	TextHead: `{"Result":0,"Success":true,"Application":{"ID":"`, TextTail: `"}}`,
	Nulls:       `{"Result":0,"Success":true,"Application":null,"Applications":[null,{"ID":null,"AccessValidity":null}]}`,
	WrongTypes:  `{"Result":0,"Success":true,"Application":[],"Applications":{"ID":7}}`,
	InvalidUTF8: "{\"Result\":0,\"Success\":true,\"Application\":{\"ID\":\"\xff\"},\"Applications\":[{\"ID\":\"\xff\"}]}",
	UnknownEnum: `{"Result":0,"Success":true,"Application":{"ID":"","MaximumScope":"?;:","AccessValidity":-1},"Applications":[{"ID":"","Renewable":null}]}`,
}

var grantBodies = hostile.Bodies{
	Head: `{"Result":0,"Success":true,"Grants":[`, Element: `{"GranteePrefixedUniversal":"local:giant","AccessToken":"giant"}`, Tail: `]}`,
	TextHead: `{"Result":0,"Success":true,"Grants":[{"GranteePrefixedUniversal":"`, TextTail: `"}]}`,
	Nulls:       `{"Result":0,"Success":true,"Grants":[null,{"GranteePrefixedUniversal":null,"GrantedToPrefixedUniversal":null,"ExpiresISO8601":null}]}`,
	WrongTypes:  `{"Result":0,"Success":true,"Grants":[{"GranteePrefixedUniversal":7,"GrantedToPrefixedUniversal":[],"ExpiresISO8601":true}]}`,
	InvalidUTF8: "{\"Result\":0,\"Success\":true,\"Grants\":[{\"GranteePrefixedUniversal\":\"\xff\"}]}",
	UnknownEnum: `{"Result":0,"Success":true,"Grants":[{"GranteePrefixedUniversal":"x","ExpiresISO8601":"the day after"}]}`,
}

var mappingBodies = hostile.Bodies{
	Head: `{"Result":0,"Success":true,"JwtMappings":[`, Element: `{"Name":"giant","IssuerUri":"https://giant"}`, Tail: `]}`,
	TextHead: `{"Result":0,"Success":true,"JwtMapping":{"Name":"`, TextTail: `"}}`,
	Nulls:       `{"Result":0,"Success":true,"JwtMapping":null,"JwtMappings":[null,{"Name":null,"IssuerUri":null}]}`,
	WrongTypes:  `{"Result":0,"Success":true,"JwtMapping":[],"JwtMappings":{"Name":7}}`,
	InvalidUTF8: "{\"Result\":0,\"Success\":true,\"JwtMapping\":{\"Name\":\"\xff\"},\"JwtMappings\":[{\"Name\":\"\xff\"}]}",
	UnknownEnum: `{"Result":0,"Success":true,"JwtMapping":{"Name":"","IdMatch":"("},"JwtMappings":[{"Name":""}]}`,
}

var oauthHostile = map[string]hostile.Bodies{
	GetRules: ruleBodies, CreateRule: ruleBodies, UpdateRule: ruleBodies, DeleteRule: ruleBodies,
	GetApplication: applicationBodies, EnumerateApplications: applicationBodies, UpdateApplication: applicationBodies,
	EnumerateGrants: grantBodies, GetGrants: grantBodies,
	GetJwtMapping: mappingBodies, EnumerateJwtMappings: mappingBodies, CreateJwtMapping: mappingBodies, UpdateJwtMapping: mappingBodies,
}
