import decodeQR from "qr/decode.js";
import { refuse } from "../errors.ts";

export const IMAGE_SIZE_MAX = 32 * 1024 * 1024;
const PIXELS_MAX = 64_000_000;
/** Larger pictures are made smaller before the code is looked for. */
const SIDE_MAX = 3000;
const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const JPEG = [0xff, 0xd8, 0xff];

const startsWith = (bytes: Uint8Array, start: readonly number[]): boolean =>
  start.every((one, at) => bytes[at] === one);
export const isPicture = (bytes: Uint8Array): boolean =>
  startsWith(bytes, PNG) || startsWith(bytes, JPEG);

/** The text of the QR code in a picture; its size is read from its head before it is decoded. */
export async function readPicture(bytes: Uint8Array): Promise<string> {
  if (bytes.length > IMAGE_SIZE_MAX) refuse(`the picture has more than ${IMAGE_SIZE_MAX} bytes`);
  const [width, height] = startsWith(bytes, PNG) ? sizeOfPng(bytes) : sizeOfJpeg(bytes);
  if (!(width * height > 0 && width * height <= PIXELS_MAX))
    refuse(`the picture has more than ${PIXELS_MAX} pixels, or none`);
  const bitmap = await decodePicture(bytes);
  for (const side of [SIDE_MAX, 1400, 700]) {
    const text = findCode(bitmap, side);
    if (text !== null) return text;
  }
  return refuse("there is no QR code in the picture that can be read");
}

async function decodePicture(bytes: Uint8Array): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(new Blob([Uint8Array.from(bytes)]));
  } catch {
    return refuse("the picture is damaged");
  }
}

function findCode(bitmap: ImageBitmap, side: number): string | null {
  const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
  const [width, height] = [
    Math.max(1, Math.round(bitmap.width * scale)),
    Math.max(1, Math.round(bitmap.height * scale)),
  ];
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (context === null) return null;
  context.fillStyle = "#fff"; // what is transparent in the picture is white on paper
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0, width, height);
  try {
    return decodeQR(context.getImageData(0, 0, width, height), { timeLimit: 3000 });
  } catch {
    return null;
  }
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function sizeOfPng(bytes: Uint8Array): [number, number] {
  if (bytes.length < 24) refuse("the picture is damaged");
  return [view(bytes).getUint32(16), view(bytes).getUint32(20)];
}

/** The frame header among a JPEG's segments (ITU-T T.81, section B.2.2). */
function sizeOfJpeg(bytes: Uint8Array): [number, number] {
  const data = view(bytes);
  for (let at = 2; at + 9 <= bytes.length && bytes[at] === 0xff;) {
    const kind = bytes[at + 1]!;
    if (kind >= 0xc0 && kind <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(kind))
      return [data.getUint16(at + 7), data.getUint16(at + 5)];
    at += kind === 0xff ? 1 : 2 + data.getUint16(at + 2);
  }
  return refuse("the picture is damaged");
}
