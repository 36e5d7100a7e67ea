// Writes a model that llama.cpp can run: its architecture and a vocabulary of bytes and letters, with random weights.
//
// The file is in GGUF (version 3). What such a model writes is noise, but the engine batches, computes and streams it as
// it does any other.
import { writeFileSync } from "node:fs"

const width = 64
const layers = 2
const heads = 4
const inner = 128
const context = 4096

const letters = [..."abcdefghijklmnopqrstuvwxyz,.-?!'0123"].concat("\u2581")
const special = ["<unk>", "<s>", "</s>"]
const bytes = Array.from({ length: 256 }, (_, i) => `<0x${i.toString(16).toUpperCase().padStart(2, "0")}>`)
const tokens = [...special, ...bytes, ...letters]

const type = { u32: 4, i32: 5, f32: 6, text: 8, list: 9 }

const u32 = (value) => Buffer.from(Uint32Array.of(value).buffer)
const u64 = (value) => Buffer.from(BigUint64Array.of(BigInt(value)).buffer)
const i32 = (value) => Buffer.from(Int32Array.of(value).buffer)
const f32 = (value) => Buffer.from(Float32Array.of(value).buffer)
const text = (value) => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)])
const list = (kind, values) => Buffer.concat([u32(kind), u64(values.length), ...values])

const metadata = [
  ["general.architecture", type.text, text("llama")],
  ["general.name", type.text, text("tiny")],
  ["llama.context_length", type.u32, u32(context)],
  ["llama.embedding_length", type.u32, u32(width)],
  ["llama.block_count", type.u32, u32(layers)],
  ["llama.feed_forward_length", type.u32, u32(inner)],
  ["llama.attention.head_count", type.u32, u32(heads)],
  ["llama.attention.head_count_kv", type.u32, u32(heads)],
  ["llama.attention.layer_norm_rms_epsilon", type.f32, f32(1e-5)],
  ["llama.rope.dimension_count", type.u32, u32(width / heads)],
  ["llama.vocab_size", type.u32, u32(tokens.length)],
  ["tokenizer.ggml.model", type.text, text("llama")],
  ["tokenizer.ggml.tokens", type.list, list(type.text, tokens.map(text))],
  [
    "tokenizer.ggml.scores",
    type.list,
    list(
      type.f32,
      tokens.map(() => f32(0))
    )
  ],
  // 2 is unknown, 3 control, 6 a byte, 1 a usual token.
  [
    "tokenizer.ggml.token_type",
    type.list,
    list(
      type.i32,
      tokens.map((_, i) => i32(i === 0 ? 2 : i < 3 ? 3 : i < 259 ? 6 : 1))
    )
  ],
  ["tokenizer.ggml.unknown_token_id", type.u32, u32(0)],
  ["tokenizer.ggml.bos_token_id", type.u32, u32(1)],
  ["tokenizer.ggml.eos_token_id", type.u32, u32(2)]
]

const block = (i) => [
  [`blk.${i}.attn_norm.weight`, [width]],
  [`blk.${i}.attn_q.weight`, [width, width]],
  [`blk.${i}.attn_k.weight`, [width, width]],
  [`blk.${i}.attn_v.weight`, [width, width]],
  [`blk.${i}.attn_output.weight`, [width, width]],
  [`blk.${i}.ffn_norm.weight`, [width]],
  [`blk.${i}.ffn_gate.weight`, [width, inner]],
  [`blk.${i}.ffn_up.weight`, [width, inner]],
  [`blk.${i}.ffn_down.weight`, [inner, width]]
]

const tensors = [
  ["token_embd.weight", [width, tokens.length]],
  ...Array.from({ length: layers }, (_, i) => block(i)).flat(),
  ["output_norm.weight", [width]],
  ["output.weight", [width, tokens.length]]
]

/** Random numbers from a seed (mulberry32), so that the model is the same each time. */
const random = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
}

const aligned = (length) => Math.ceil(length / 32) * 32

const padded = (buffer) => Buffer.concat([buffer, Buffer.alloc(aligned(buffer.length) - buffer.length)])

const weights = (name, shape, draw) => {
  const size = shape.reduce((a, b) => a * b)
  const values = new Float32Array(size)
  for (let i = 0; i < size; i++) values[i] = name.endsWith("norm.weight") ? 1 : (draw() - 0.5) * 0.8
  return padded(Buffer.from(values.buffer))
}

/** Writes the model to a file. */
export const writeModel = (file, seed = 7) => {
  const draw = random(seed)
  const data = tensors.map(([name, shape]) => weights(name, shape, draw))
  let offset = 0
  const infos = tensors.map(([name, shape], i) => {
    const info = Buffer.concat([text(name), u32(shape.length), ...shape.map(u64), u32(0), u64(offset)])
    offset += data[i].length
    return info
  })
  const head = Buffer.concat([
    Buffer.from("GGUF"),
    u32(3),
    u64(tensors.length),
    u64(metadata.length),
    ...metadata.map(([name, kind, value]) => Buffer.concat([text(name), u32(kind), value])),
    ...infos
  ])
  writeFileSync(file, Buffer.concat([padded(head), ...data]))
}
