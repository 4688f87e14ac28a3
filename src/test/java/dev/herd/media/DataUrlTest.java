package dev.herd.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DataUrlTest {
    @ParameterizedTest
    @ValueSource(
            strings = {"data:image/png;base64,AQID", "DATA:Image/PNG;BASE64,AQID", "data:image/png;a=b;base64,AQID"})
    void fileAndTypeAreFound(String url) {
        MediaBytes file = DataUrl.decode(url, 3);

        assertThat(DataUrl.isOne(url)).isTrue();
        assertThat(file.bytes()).containsExactly(1, 2, 3);
        assertThat(file.mediaType()).contains("image/png");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "data:,x",
                "data:;base64,AQID",
                "data:image/png,AQID",
                "data:image/png;base64,",
                "data:image/png;base64,AQI",
                "data:image/png;base64,AQ ID",
                "data:image/png;base64,AQ\nID",
                "data:image/png;base64,AQ-_",
                "data:image/png;base64,A=ID",
                "data:image/png;base64,====",
                "data:image/png;base64;AQID"
            })
    void malformedAddressIsRefused(String url) {
        assertThatThrownBy(() -> DataUrl.decode(url, 100))
                .isInstanceOf(MediaException.class)
                .hasMessageContaining("data:")
                .extracting(refused -> ((MediaException) refused).reason())
                .isEqualTo(MediaException.Reason.INVALID_URL);
    }

    @Test
    void sizeIsJudgedBeforeDecoding() {
        // Not base64 at all, so that only the length can be what is complained of.
        String url = "data:image/png;base64," + "?".repeat(11 * 1024 * 1024 / 3 * 4);

        assertThatThrownBy(() -> DataUrl.decode(url, 10 * 1024 * 1024))
                .isInstanceOf(MediaException.class)
                .hasMessage("The file is larger than 10485760 bytes.");
        assertThat(DataUrl.decode("data:image/png;base64,AQ==", 1).bytes()).hasSize(1);
        assertThatThrownBy(() -> DataUrl.decode("data:image/png;base64,AQI=", 1))
                .hasMessageContaining("larger");
    }
}
