import CoreGraphics
import Foundation
import ImageIO
import LossbookKit

/// Reads pictures that the core has no decoder for, such as HEIC from the gallery.
final class PhonePictures: HostPictures, Sendable {
    func decode(path: String, longSide: UInt32) throws -> DecodedPicture? {
        let options: [CFString: Any] = [
            kCGImageSourceCreateThumbnailFromImageAlways: true,
            kCGImageSourceCreateThumbnailWithTransform: true,
            kCGImageSourceThumbnailMaxPixelSize: Int(longSide),
        ]
        guard let source = CGImageSourceCreateWithURL(URL(fileURLWithPath: path) as CFURL, nil),
            let image = CGImageSourceCreateThumbnailAtIndex(source, 0, options as CFDictionary)
        else { return nil }
        return Self.picture(of: image)
    }

    private static func picture(of image: CGImage) -> DecodedPicture? {
        let (width, height) = (image.width, image.height)
        var pixels = [UInt8](repeating: 0, count: width * height * 4)
        let isDrawn = pixels.withUnsafeMutableBytes { bytes -> Bool in
            guard
                let context = CGContext(
                    data: bytes.baseAddress, width: width, height: height, bitsPerComponent: 8,
                    bytesPerRow: width * 4, space: CGColorSpaceCreateDeviceRGB(),
                    bitmapInfo: CGImageAlphaInfo.noneSkipLast.rawValue)
            else { return false }
            context.draw(image, in: CGRect(x: 0, y: 0, width: width, height: height))
            return true
        }
        guard isDrawn else { return nil }
        var rgb = Data(capacity: width * height * 3)
        for at in stride(from: 0, to: pixels.count, by: 4) {
            rgb.append(contentsOf: pixels[at..<at + 3])
        }
        return DecodedPicture(width: UInt32(width), height: UInt32(height), rgb: rgb)
    }
}
