package config

// What is done with the messages of a route that has an OpenAPI document.
const (
	ContractOff     = "off"
	ContractShadow  = "shadow"
	ContractEnforce = "enforce"
)

// What is done with a body that can't be checked.
const (
	UncheckedPass   = "pass"
	UncheckedRefuse = "refuse"
)

// RouteOpenAPI holds a route's traffic against an OpenAPI document.
type RouteOpenAPI struct {
	Spec         string       `config:"spec,required,file"`
	Requests     string       `config:"requests,enum=off|shadow|enforce"`
	Responses    string       `config:"responses,enum=off|shadow|enforce"`
	BasePath     string       `config:"base_path,form=path"`
	MaxBodyBytes int64        `config:"max_body_bytes,min=1,max=67108864"`
	Unchecked    string       `config:"unchecked,enum=pass|refuse"`
	Copies       []RemoteCopy `config:"copies"`
}

func (RouteOpenAPI) keyTexts() texts {
	return texts{
		"spec": "The document's file, OpenAPI 3.0 or 3.1, in YAML or JSON. It is read " +
			"again when it changes, and so are the files beside it that it refers to.",
		"requests": "What becomes of a request that is not as the document has it: " +
			"`enforce`: 400 `GW_CONTRACT_REQUEST`; `shadow`: it is counted and logged, and " +
			"goes on.",
		"responses": "What becomes of a response that is not: `enforce`: 502 " +
			"`GW_CONTRACT_RESPONSE` in its place, so its body waits until it is whole; " +
			"`shadow`: it is counted and logged, and goes on as it comes.",
		"base_path": "What comes before the document's paths, in place of the paths of " +
			"its `servers`; `/` for nothing. See [Paths](contracts.md#paths).",
		"max_body_bytes": "How much of a body is kept for its check. Longer ones are not " +
			"checked.",
		"unchecked": "What becomes of an enforced message whose body can't be checked, " +
			"since it is longer than `max_body_bytes` or has a content coding such as gzip: " +
			"`pass` or `refuse`. `gateway_contract_unchecked_total` counts them either way.",
		"copies": "Folders with copies of what remote references of the document lead " +
			"to. Nothing is fetched: a remote reference without a copy is an error.",
	}
}

// RemoteCopy is where a copy of remote files is.
type RemoteCopy struct {
	URL    string `config:"url,required"`
	Folder string `config:"folder,required,file"`
}

func (RemoteCopy) keyTexts() texts {
	return texts{
		"url":    "The beginning of the references.",
		"folder": "The folder that has what is below that URL.",
	}
}
