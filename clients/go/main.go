// The steps with the AWS SDK for Go. What it prints is read by run.py.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/s3/manager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

func step(name string, act func() error) {
	if err := act(); err != nil {
		fmt.Printf("FAILED %s: %s\n", name, strings.ReplaceAll(err.Error(), "\n", " "))
		return
	}
	fmt.Println("ok", name)
}

func main() {
	ctx := context.Background()
	bucket, prefix := aws.String(os.Getenv("CLIENT_BUCKET")), os.Getenv("CLIENT_PREFIX")
	small, _ := os.ReadFile(os.Getenv("CLIENT_SMALL"))
	large, _ := os.ReadFile(os.Getenv("CLIENT_LARGE"))
	loaded, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		fmt.Println("FAILED upload:", err)
		os.Exit(1)
	}
	client := s3.NewFromConfig(loaded, func(o *s3.Options) { o.UsePathStyle = os.Getenv("CLIENT_STYLE") == "path" })
	key := func(name string) *string { return aws.String(prefix + name) }
	read := func(name string, span *string) ([]byte, error) {
		answer, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: key(name), Range: span})
		if err != nil {
			return nil, err
		}
		defer answer.Body.Close()
		return io.ReadAll(answer.Body)
	}
	keys := func() ([]string, error) {
		listed, err := client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: bucket, Prefix: &prefix})
		if err != nil {
			return nil, err
		}
		var all []string
		for _, one := range listed.Contents {
			all = append(all, *one.Key)
		}
		return all, nil
	}

	step("upload", func() error {
		_, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: key("small"), Body: bytes.NewReader(small)})
		return err
	})
	step("parts", func() error {
		uploader := manager.NewUploader(client, func(u *manager.Uploader) { u.PartSize = 5 << 20 })
		in := &s3.PutObjectInput{Bucket: bucket, Key: key("large"), Body: bytes.NewReader(large)}
		if _, err := uploader.Upload(ctx, in); err != nil {
			return err
		}
		back, err := read("large", nil)
		if err == nil && !bytes.Equal(back, large) {
			err = errors.New("another content came back")
		}
		return err
	})
	step("list", func() error {
		all, err := keys()
		if err == nil && !(slices.Contains(all, *key("small")) && slices.Contains(all, *key("large"))) {
			err = fmt.Errorf("not listed: %v", all)
		}
		return err
	})
	step("range", func() error {
		part, err := read("small", aws.String("bytes=7-12"))
		if err == nil && !bytes.Equal(part, small[7:13]) {
			err = errors.New("another range")
		}
		return err
	})
	step("copy", func() error {
		source := aws.String(*bucket + "/" + *key("small"))
		_, err := client.CopyObject(ctx, &s3.CopyObjectInput{Bucket: bucket, Key: key("copied"), CopySource: source})
		return err
	})
	step("delete", func() error {
		if _, err := client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: bucket, Key: key("copied")}); err != nil {
			return err
		}
		all, err := keys()
		if err == nil && slices.Contains(all, *key("copied")) {
			err = errors.New("it is still there")
		}
		return err
	})
	presigner := s3.NewPresignClient(client, s3.WithPresignExpires(5*time.Minute))
	signed, err := presigner.PresignGetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: key("small")})
	if err != nil {
		fmt.Println("FAILED presign:", err)
		return
	}
	fmt.Println("url", signed.URL)
}
