module fakes3pp/clients/go

go 1.24
